// SPDX-License-Identifier: Apache-2.0
// How the set-up API says no: gRPC's codes in ZITADEL's words.
const kErrorDetail = 'type.googleapis.com/zitadel.v1.ErrorDetail';

export class Failure extends Error {
  constructor(status, code, message, id) {
    super(message);
    Object.assign(this, { status, code, id });
  }

  get body() {
    const { code, id, message } = this;
    if (!id) return { code, message };
    return {
      code, message: `${message} (${id})`, details: [{ '@type': kErrorDetail, id, message }],
    };
  }
}

export const invalid = (message, id) => new Failure(400, 3, message, id);
export const exists = (message) => new Failure(409, 6, message, 'V3-DKcYh');
export const notFound = (message, id) => new Failure(404, 5, message, id);
export const unmet = (message, id) => new Failure(400, 9, message, id);
export const forbidden = (message, id) => new Failure(403, 7, message, id);
export const unauthenticated = (message, id) => new Failure(401, 16, message, id);

// Nobody has recorded or read what ZITADEL answers to this. It is said aloud, so that no test
// passes by what was made up.
export class Unknown extends Failure {
  constructor(what) {
    super(501, 12, `this stand-in for ZITADEL does not know ${what}`);
  }
}

export function unknown(what) {
  throw new Unknown(what);
}
