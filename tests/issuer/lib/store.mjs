// SPDX-License-Identifier: Apache-2.0
// Where oidc-provider keeps what it issues: in memory, for as long as the process lives.
const kMaxRecords = 500_000; // of each kind; the oldest go first
export const kOpaqueBytes = 78;
const kOpaqueLength = 104; // in base64url
const kAuthenticatedLength = 102;

// ZITADEL does not authenticate the end of an opaque token: changed there it is the same token.
const recordKey = (token) => (token.length === kOpaqueLength && !token.includes('.')
  ? token.slice(0, kAuthenticatedLength) : token);

class Records {
  #records = new Map();

  async find(id) { return this.#records.get(id); }

  async upsert(id, payload) {
    this.#records.set(id, payload);
    this.#dropOldest();
  }

  async destroy(id) { this.#records.delete(id); }

  #dropOldest() {
    const now = Math.floor(Date.now() / 1000);
    const [id, payload] = this.#records.entries().next().value;
    if (this.#records.size > kMaxRecords || payload.exp < now - this.keptSeconds) {
      this.#records.delete(id);
    }
  }

  // Long enough for a test to introspect a token that it let expire.
  get keptSeconds() { return 86_400; }
}

// A second use of an assertion is found by the record of the first.
class Replays extends Records {
  constructor(settings) {
    super();
    this.settings = settings;
  }

  async find(id) {
    return this.settings.assertions === 'reusable' ? undefined : super.find(id);
  }

  get keptSeconds() { return 1; }
}

// Callers hold a token; the record is found by that and never by its `jti`.
class Tokens extends Records {
  #jtis = new Map();

  async find(token) { return super.find(this.#jtis.get(recordKey(token))); }

  handOut(token, jti) {
    this.#jtis.set(recordKey(token), jti);
    if (this.#jtis.size > kMaxRecords) this.#jtis.delete(this.#jtis.keys().next().value);
  }
}

// `clientWith`: the client that has an id now, as oidc-provider wants it told.
export function createStore(settings, clientWith) {
  const tokens = new Tokens();
  const models = new Map([
    ['AccessToken', tokens],
    ['Client', { find: async (id) => clientWith(id) }],
    ['ReplayDetection', new Replays(settings)],
  ]);
  const adapter = (model) => {
    if (!models.has(model)) models.set(model, new Records());
    return models.get(model);
  };
  return { tokens, adapter };
}
