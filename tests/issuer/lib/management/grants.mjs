// SPDX-License-Identifier: Apache-2.0
// Authorizations: which roles of a project a user has.
import { grantEntries } from '../changes.mjs';
import { id, projectOf, userOf } from '../instance.mjs';
import { birth, change, found, states } from './answers.mjs';
import { exists, notFound, unmet } from './failures.mjs';
import { group, idQuery, list, name, search } from './members.mjs';

const grants = '/management/v1/users/:user/grants';
const grant = `${grants}/:grant`;
const stateOf = states('USER_GRANT');
const roleKeys = list(name);

const told = (instance) => ({ id: grantId, details, organisation, ...one }) => {
  const { name: userName, isPerson } = userOf(instance, one.userId) ?? {};
  const { id: orgId, name: orgName, domain: orgDomain } = organisation;
  return {
    id: grantId,
    details,
    roleKeys: one.roleKeys.length > 0 ? one.roleKeys : undefined,
    state: stateOf(one.state),
    userId: one.userId,
    userName,
    orgId,
    orgName,
    orgDomain,
    projectId: one.projectId,
    projectName: projectOf(instance, one.projectId)?.name,
    preferredLoginName: userName,
    userType: isPerson ? 'TYPE_HUMAN' : 'TYPE_MACHINE',
    grantedOrgId: orgId,
    grantedOrgName: orgName,
    grantedOrgDomain: orgDomain,
  };
};

function checkRoles({ roles }, keys) {
  const known = roles.map(({ key }) => key);
  if (!keys.every((key) => known.includes(key))) {
    throw unmet('Errors.Project.Role.NotFound', 'COMMAND-mm9F4');
  }
}

function add(call) {
  const { instance, organisation, body: { projectId, roleKeys: keys } } = call;
  if (!call.user) throw unmet('Errors.User.NotFound', 'COMMAND-4f8sg');
  const project = projectOf(instance, projectId);
  if (!project) throw unmet('Errors.Project.NotFound', 'COMMAND-3n77S');
  checkRoles(project, keys);
  const { userId } = call.user;
  if (call.all('grants').some((one) => one.userId === userId && one.projectId === projectId)) {
    throw exists('User grant already exists');
  }
  const one = { id: id(), userId, projectId, organisation, roleKeys: keys, state: 'active' };
  call.add(instance.grants, one, grantEntries.added(one));
  return { userGrantId: one.id, ...birth(one) };
}

// The user in the path says nothing: a grant is found by its own id.
const existing = (call, errorId) =>
  call.all('grants').find((one) => one.id === call.params.grant)
  ?? (() => { throw notFound('User grant not found', errorId); })();

const isSame = (a, b) => a.length === b.length && a.every((key, n) => key === b[n]);

function put(call) {
  const one = existing(call, 'COMMAND-3M9sd');
  const { roleKeys: keys } = call.body;
  if (isSame(one.roleKeys, keys)) throw unmet('User grant has not been changed', 'COMMAND-Rs8fy');
  checkRoles(projectOf(call.instance, one.projectId), keys);
  return change(call.changed(one, grantEntries.changed(Object.assign(one, { roleKeys: keys }))));
}

const switchTo = (state, missing, fault) => ({
  needs: 'user.grant.write',
  body: group({}),
  run(call) {
    const one = existing(call, missing);
    if (one.state === state) throw fault;
    const type = `user.grant.${state === 'active' ? 'reactivated' : state}`;
    return change(call.changed(Object.assign(one, { state }), { type }));
  },
});

// Those that go with their user or project. Returns what is to be told of them.
export function removeGrants(call, which) {
  const gone = call.instance.grants.filter(which);
  call.remove('grants', which);
  return gone.map((of) => ({ type: 'user.grant.cascade.removed', of }));
}

export const userGrants = {
  'POST /management/v1/users/grants/_search': {
    needs: 'user.grant.read',
    body: search({ userIdQuery: idQuery('userId'), projectIdQuery: idQuery('projectId') }),
    run: (call) => found(call.shown('grants'), {
      body: call.body,
      about: { userIdQuery: (one) => one.userId, projectIdQuery: (one) => one.projectId },
      tell: told(call.instance),
    }),
  },
  [`POST ${grants}`]: {
    needs: 'user.grant.write',
    body: group({ projectId: name, roleKeys }),
    request: 'AddUserGrantRequest',
    run: add,
  },
  [`PUT ${grant}`]: {
    needs: 'user.grant.write',
    body: group({ roleKeys }),
    request: 'UpdateUserGrantRequest',
    run: put,
  },
  [`POST ${grant}/_deactivate`]: switchTo('deactivated', 'COMMAND-3M9sd',
    unmet('Errors.UserGrant.NotActive', 'COMMAND-1S9gx')),
  [`POST ${grant}/_reactivate`]: switchTo('active', 'COMMAND-Lp0gs',
    unmet('Errors.UserGrant.NotInactive', 'COMMAND-1ML0v')),
  [`DELETE ${grant}`]: {
    needs: 'user.grant.delete',
    run(call) {
      const one = existing(call, 'COMMAND-1My0t');
      call.remove('grants', (each) => each === one);
      return change(call.changed(one, grantEntries.removed(one)));
    },
  },
};
