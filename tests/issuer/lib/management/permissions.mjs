// SPDX-License-Identifier: Apache-2.0
// Who may do what with the set-up API, as an instance told its administrators. What an
// IAM_LOGIN_CLIENT and an IAM_OWNER_VIEWER may stands in ZITADEL's configuration.
const orgOwner = [
  'org.read', 'org.global.read', 'org.write', 'org.delete', 'org.member.read',
  'org.member.write', 'org.member.delete', 'org.idp.read', 'org.idp.write', 'org.idp.delete',
  'org.action.read', 'org.action.write', 'org.action.delete', 'org.flow.read', 'org.flow.write',
  'org.flow.delete', 'org.feature.read', 'org.feature.write', 'org.feature.delete', 'user.read',
  'user.global.read', 'user.write', 'user.delete', 'user.grant.read', 'user.grant.write',
  'user.grant.delete', 'user.membership.read', 'user.credential.write', 'user.passkey.write',
  'user.feature.read', 'user.feature.write', 'user.feature.delete', 'policy.read',
  'policy.write', 'policy.delete', 'project.read', 'project.create', 'project.write',
  'project.delete', 'project.member.read', 'project.member.write', 'project.member.delete',
  'project.role.read', 'project.role.write', 'project.role.delete', 'project.app.read',
  'project.app.write', 'project.grant.read', 'project.grant.write', 'project.grant.delete',
  'project.grant.member.read', 'project.grant.member.write', 'project.grant.member.delete',
  'session.read', 'session.delete',
];

const permissionsOf = {
  ORG_OWNER: orgOwner,
  ORG_OWNER_VIEWER: [
    'org.read', 'org.member.read', 'org.idp.read', 'org.action.read', 'org.flow.read',
    'org.feature.read', 'user.read', 'user.global.read', 'user.grant.read',
    'user.membership.read', 'user.feature.read', 'policy.read', 'project.read',
    'project.member.read', 'project.role.read', 'project.app.read', 'project.grant.read',
    'project.grant.member.read', 'project.grant.user.grant.read',
  ],
  ORG_PROJECT_CREATOR: [
    'user.global.read', 'policy.read', 'project.read:self', 'project.create',
  ],
  ORG_USER_MANAGER: [
    'org.read', 'user.read', 'user.global.read', 'user.write', 'user.delete', 'user.grant.read',
    'user.grant.write', 'user.grant.delete', 'user.membership.read', 'user.feature.read',
    'user.feature.write', 'user.feature.delete', 'policy.read', 'project.read',
    'project.role.read', 'session.read', 'session.delete',
  ],
  IAM_OWNER: [
    ...orgOwner,
    'iam.read', 'iam.write', 'iam.policy.read', 'iam.policy.write', 'iam.policy.delete',
    'iam.member.read', 'iam.member.write', 'iam.member.delete', 'iam.idp.read', 'iam.idp.write',
    'iam.idp.delete', 'iam.action.read', 'iam.action.write', 'iam.action.delete',
    'iam.flow.read', 'iam.flow.write', 'iam.flow.delete', 'iam.feature.read',
    'iam.feature.write', 'iam.feature.delete', 'iam.restrictions.read',
    'iam.restrictions.write', 'iam.web_key.write', 'iam.web_key.delete', 'iam.web_key.read',
    'iam.debug.write', 'iam.debug.read', 'org.create', 'project.app.delete', 'events.read',
    'milestones.read', 'session.write', 'action.target.read', 'action.target.write',
    'action.target.delete', 'action.execution.read', 'action.execution.write',
    'userschema.read', 'userschema.write', 'userschema.delete',
  ],
  IAM_OWNER_VIEWER: [
    'iam.read', 'iam.policy.read', 'iam.member.read', 'iam.idp.read', 'iam.action.read',
    'iam.flow.read', 'iam.restrictions.read', 'iam.feature.read', 'iam.web_key.read',
    'iam.debug.read', 'org.read', 'org.member.read', 'org.idp.read', 'org.action.read',
    'org.flow.read', 'org.feature.read', 'user.read', 'user.global.read', 'user.grant.read',
    'user.membership.read', 'user.feature.read', 'policy.read', 'project.read',
    'project.member.read', 'project.role.read', 'project.app.read', 'project.grant.read',
    'project.grant.member.read', 'events.read', 'milestones.read', 'action.target.read',
    'action.execution.read', 'userschema.read', 'session.read',
  ],
  IAM_LOGIN_CLIENT: [
    'iam.read', 'iam.policy.read', 'iam.member.read', 'iam.member.write', 'iam.idp.read',
    'iam.feature.read', 'iam.restrictions.read', 'org.read', 'org.member.read',
    'org.member.write', 'org.idp.read', 'org.feature.read', 'user.read', 'user.write',
    'user.grant.read', 'user.grant.write', 'user.membership.read', 'user.credential.write',
    'user.passkey.write', 'user.feature.read', 'policy.read', 'project.read',
    'project.member.read', 'project.member.write', 'project.role.read', 'project.app.read',
    'project.grant.read', 'project.grant.member.read', 'project.grant.member.write',
    'session.read', 'session.write', 'session.link', 'session.delete', 'userschema.read',
  ],
};

// One service user of each kind.
export const administrators = [
  { name: 'admin', roles: ['ORG_OWNER'] },
  { name: 'owner-viewer', roles: ['ORG_OWNER_VIEWER'] },
  { name: 'project-creator', roles: ['ORG_PROJECT_CREATOR'] },
  { name: 'user-manager', roles: ['ORG_USER_MANAGER'] },
  { name: 'iam-owner', roles: ['ORG_OWNER', 'IAM_OWNER'] },
  { name: 'iam-owner-viewer', roles: ['IAM_OWNER_VIEWER'] },
  { name: 'login-client', roles: ['IAM_LOGIN_CLIENT'] },
  { name: 'manages-nothing', roles: [] },
];

// A membership of one organisation counts in that one, one of the instance (IAM_…) in all.
const membershipsIn = ({ memberships }, { id }) =>
  memberships.filter(({ organisationId }) => [undefined, id].includes(organisationId));

export const managesAnythingIn = (organisation, user) =>
  membershipsIn(user, organisation).length > 0;

// Throws `unknown` about a role whose permissions nobody has recorded.
export function permissionsIn(organisation, user, unknown) {
  const roles = membershipsIn(user, organisation).map(({ role }) => role);
  const permissions = roles.flatMap((role) =>
    permissionsOf[role] ?? unknown(`the permissions of ${role}`));
  return [...new Set(permissions)];
}
