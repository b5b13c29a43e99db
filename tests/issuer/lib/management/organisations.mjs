// Who asks, what it may do, its organisation and instance, and who manages them.
import { userOf } from '../instance.mjs';
import { birth } from './answers.mjs';
import { exists, unknown } from './failures.mjs';
import { group, list, name } from './members.mjs';
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
  user.memberships.push(...roles.map((role) => ({ role, organisationId })));
  const owner = organisation ?? call.instance.itself;
  const type = `${organisation ? 'org' : 'instance'}.member.added`;
  return birth(call.changed({}, { type, of: owner, payload: { roles, userId } }));
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
};
