// SPDX-License-Identifier: Apache-2.0
// Who asks, what it may do, its organisation and instance, and who manages them.
import { userOf } from '../instance.mjs';
import { birth, change, found } from './answers.mjs';
import { exists, unknown } from './failures.mjs';
import { group, idQuery, list, name, search } from './members.mjs';
import { permissionsIn } from './permissions.mjs';
import { toldUser } from './users.mjs';

const kNothing = 'authenticated'; // all that is needed is a token

// `organisation`: undefined for a member of the instance.
function addMember(call, organisation) {
  const { userId, roles } = call.body;
  const user = userOf(call.instance, userId);
  if (!user) unknown('a member that is no user');
  const organisationId = organisation?.id;
  if (user.memberships.some((one) => one.organisationId === organisationId)) {
    throw exists('Errors.Org.Member.AlreadyExists');
  }
  user.memberships.push(...roles.map((role) => call.lag.hide({ role, organisationId })));
  const owner = organisation ?? call.instance.itself;
  const type = `${organisation ? 'org' : 'instance'}.member.added`;
  return birth(call.changed({}, { type, of: owner, payload: { roles, userId } }));
}

// The members of the instance, as searches find them by now.
const membersOf = ({ instance, lag }) => instance.users.flatMap((user) => {
  const own = user.memberships.filter(({ organisationId }) => organisationId === undefined);
  const roles = lag.shown(own).map(({ role }) => role);
  return roles.length === 0 ? [] : [{
    userId: user.userId, details: user.details, roles, preferredLoginName: user.name,
    displayName: user.title, userType: user.isPerson ? 'TYPE_HUMAN' : 'TYPE_MACHINE',
    userResourceOwner: user.organisation?.id,
  }];
});

// Who is no member any more is no mistake.
function removeMember(call) {
  const user = userOf(call.instance, call.params.user);
  const stay = user?.memberships.filter(({ organisationId }) => organisationId !== undefined);
  if (!user || stay.length === user.memberships.length) return { details: {} };
  user.memberships = stay;
  return change(call.changed({},
    { type: 'instance.member.removed', of: call.instance.itself, payload: { userId: user.userId } }));
}

const member = group({ userId: name, roles: list(name) });

export const organisations = {
  'GET /auth/v1/users/me': {
    needs: kNothing, run: (call) => ({ user: toldUser(call.caller) }),
  },
  'POST /auth/v1/permissions/zitadel/me/_search': {
    needs: kNothing,
    body: group({}),
    run(call) {
      const permissions = permissionsIn(call.organisation, call.caller, unknown);
      return { result: permissions.length > 0 ? permissions : undefined };
    },
  },
  'GET /management/v1/orgs/me': {
    needs: 'org.read',
    run: ({ organisation: { id, details, name: title, domain } }) => ({
      org: { id, details, state: 'ORG_STATE_ACTIVE', name: title, primaryDomain: domain },
    }),
  },
  'GET /management/v1/iam': {
    needs: kNothing,
    run: ({ instance: { organisation: { id }, iamProjectId } }) =>
      ({ globalOrgId: id, iamProjectId, defaultOrgId: id }),
  },
  'POST /management/v1/orgs/me/members': {
    needs: 'org.member.write', body: member, run: (call) => addMember(call, call.organisation),
  },
  'POST /admin/v1/members': {
    needs: 'iam.member.write', body: member, run: (call) => addMember(call),
  },
  'POST /admin/v1/members/_search': {
    needs: 'iam.member.read',
    body: search({ userIdQuery: idQuery('userId') }),
    run: (call) => found(membersOf(call),
      { body: call.body, about: { userIdQuery: ({ userId }) => userId }, tell: (one) => one }),
  },
  'DELETE /admin/v1/members/:user': { needs: 'iam.member.delete', run: removeMember },
};
