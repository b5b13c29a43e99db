// SPDX-License-Identifier: Apache-2.0
// One call of the set-up API: who asks, of which organisation, and what it works with.
import { isAlive, projectOf, record, userOf } from '../instance.mjs';
import { forbidden, notFound, unauthenticated, unknown } from './failures.mjs';
import { managesAnythingIn, permissionsIn } from './permissions.mjs';

const wrongToken = () => unauthenticated('Errors.Token.Invalid', 'AUTH-7fs1e');

// The user whose token that is. Like introspection, but the audience wanted is ZITADEL's own.
async function callerOf({ provider, instance }, authorization) {
  if (!authorization) throw unauthenticated('auth header missing');
  const [, bearer] = /^Bearer (.*)$/.exec(authorization) ?? unknown('a scheme other than Bearer');
  const token = await provider.AccessToken.find(bearer);
  const user = token && userOf(instance, token.clientId);
  if (!user || !isAlive(instance, token)) throw wrongToken();
  const isForUs = token.claims.kind === 'pat' || [token.aud].flat().includes(instance.iamProjectId);
  if (!isForUs) throw wrongToken();
  return user;
}

// ORG_PROJECT_CREATOR's `project.read:self` lets it search, and find nothing.
function permit(call, needs) {
  if (needs === 'authenticated') return;
  if (!managesAnythingIn(call.organisation, call.caller)) {
    throw notFound('membership not found', 'AUTHZ-cdgFk');
  }
  const permissions = permissionsIn(call.organisation, call.caller, unknown);
  call.mayAll = permissions.includes(needs);
  const maySome = Object.keys(call.params).length === 0
    && permissions.some((each) => each.startsWith(`${needs}:`));
  if (!call.mayAll && !maySome) {
    throw forbidden('No matching permissions found', 'AUTH-5mWD2');
  }
}

export class Call {
  // parts: provider, instance, lag, issue, forget
  constructor(parts, { params }) {
    Object.assign(this, parts, { params });
  }

  async authorize({ authorization, organisationId, needs }) {
    this.caller = await callerOf(this, authorization);
    this.organisation = organisationId
      ? this.instance.organisations.find(({ id }) => id === organisationId)
      : this.caller.organisation;
    if (!this.organisation) throw forbidden("Organisation doesn't exist", 'AUTH-Bs7Ds');
    permit(this, needs);
  }

  isOurs({ details }) { return details.resourceOwner === this.organisation.id; }

  get project() {
    const found = projectOf(this.instance, this.params.project);
    return found && this.isOurs(found) ? found : undefined;
  }

  get application() {
    return this.instance.applications.find(({ appId, projectId }) =>
      appId === this.params.application && projectId === this.project?.id);
  }

  get user() {
    const found = userOf(this.instance, this.params.user);
    return found && this.isOurs(found) ? found : undefined;
  }

  // The organisation's own, and those of them that searches find by now.
  all(kind) { return this.instance[kind].filter((thing) => this.isOurs(thing)); }
  shown(kind) { return this.lag.shown(this.all(kind)); }

  // One transaction of the caller: see `record`.
  record(...entries) { record(this.instance, this.caller, entries); }

  // `of`: the aggregate that it is a part of; `more`: what else happens at the same time.
  add(list, thing, { type, of = thing, payload, more = [] }) {
    this.record({ type, of, thing, payload, owner: this.organisation }, ...more);
    list.push(this.lag.hide(thing));
    return thing;
  }

  changed(thing, { type, of = thing, payload, more = [] }) {
    this.record({ type, of, thing, payload }, ...more);
    return thing;
  }

  remove(kind, which) {
    this.instance[kind] = this.instance[kind].filter((thing) => !which(thing));
  }
}
