// SPDX-License-Identifier: Apache-2.0
// Projects and their roles.
import { id } from '../instance.mjs';
import { birth, change, found, states } from './answers.mjs';
import { exists, notFound, unmet } from './failures.mjs';
import { removeGrants } from './grants.mjs';
import { group, list, name, search, text, textQuery } from './members.mjs';

const project = '/management/v1/projects/:project';
const stateOf = states('PROJECT');
const sameName = (a, b) => a.toLowerCase() === b.toLowerCase();

const told = ({ id: projectId, details, name: title, state }) =>
  ({ id: projectId, details, name: title, state: stateOf(state) });

const toldRole = ({ key, details, displayName, group: of }) =>
  ({ key, details, displayName, group: of || undefined });

// An unknown project, in the words of the call that wants it.
const inWords = (message, errorId) => (call) => {
  const one = call.project;
  if (!one) throw notFound(message, errorId);
  return one;
};
const existing = inWords('Project not found', 'COMMAND-3M9sd');
const toDeactivate = inWords('Errors.Project.NotFound', 'COMMAND-112M9');

export function projectForWriting(call) {
  if (!call.project) throw unmet('Errors.Project.NotFound', 'COMMAND-EbFMN');
  return call.project;
}

function switchTo(call, state, one, fault) {
  if (one.state === state) throw fault;
  const type = `project.${state === 'active' ? 'reactivated' : state}`;
  return change(call.changed(Object.assign(one, { state }), { type }));
}

const role = group({ key: name, displayName: name, group: text(0, 200) });

function addRoles(call, roles) {
  const owner = projectForWriting(call);
  const taken = owner.roles.map(({ key }) => key);
  for (const { key } of roles) {
    if (taken.some((other) => sameName(other, key))) throw exists('Role already exists');
    taken.push(key);
  }
  const added = roles.map((each) => ({ ...each }));
  call.record(...added.map((thing) => ({
    type: 'project.role.added', of: owner, thing,
    payload: {
      key: thing.key, displayName: thing.displayName, group: thing.group || undefined,
    },
  })));
  owner.roles.push(...added.map((each) => call.lag.hide(each)));
  return added;
}

// Takes a role from all who have it. Returns what is to be told of that.
const withoutRole = ({ grants }, { id: ofProject }, key) => grants
  .filter(({ projectId, roleKeys }) => projectId === ofProject && roleKeys.includes(key))
  .map((of) => {
    of.roleKeys = of.roleKeys.filter((each) => each !== key);
    const payload = of.roleKeys.length > 0 ? { roleKeys: of.roleKeys } : {};
    return { type: 'user.grant.cascade.changed', of, payload };
  });

export const projects = {
  'POST /management/v1/projects/_search': {
    needs: 'project.read',
    body: search({ nameQuery: textQuery('name') }),
    // Who may see projects of its own only is shown none: which these are is not known here.
    run: (call) => found(call.mayAll ? call.shown('projects') : [],
      { body: call.body, about: { nameQuery: (one) => one.name }, tell: told }),
  },
  'POST /management/v1/projects': {
    needs: 'project.create',
    body: group({ name }),
    request: 'AddProjectRequest',
    run(call) {
      const { organisation, body: { name: title } } = call;
      if (call.all('projects').some((one) => sameName(one.name, title))) {
        throw exists('Project already exists on organization');
      }
      const one = call.add(call.instance.projects,
        { id: id(), name: title, state: 'active', organisation, roles: [] },
        { type: 'project.added', payload: { name: title } });
      return { id: one.id, ...birth(one) };
    },
  },
  [`GET ${project}`]: {
    needs: 'project.read',
    run(call) {
      const one = call.shown('projects').find((each) => each === call.project);
      if (!one) throw notFound('Errors.Project.NotFound', 'QUERY-fk2fs');
      return { project: told(one) };
    },
  },
  [`PUT ${project}`]: {
    needs: 'project.write',
    body: group({ name }),
    request: 'UpdateProjectRequest',
    run(call) {
      const one = existing(call);
      const { name: title } = call.body;
      if (one.name === title) return change(one);
      if (call.all('projects').some((other) => other !== one && sameName(other.name, title))) {
        throw exists('Project already exists on organization');
      }
      const event = { type: 'project.changed', payload: { name: title } };
      return change(call.changed(Object.assign(one, { name: title }), event));
    },
  },
  [`POST ${project}/_deactivate`]: {
    needs: 'project.write',
    body: group({}),
    run: (call) => switchTo(call, 'deactivated', toDeactivate(call),
      unmet('Errors.Project.NotActive', 'COMMAND-mki55')),
  },
  [`POST ${project}/_reactivate`]: {
    needs: 'project.write',
    body: group({}),
    run: (call) => switchTo(call, 'active', existing(call),
      unmet('Errors.Project.NotInactive', 'COMMAND-5M9bs')),
  },
  [`DELETE ${project}`]: {
    needs: 'project.delete',
    run(call) {
      const one = existing(call);
      const isOfIt = ({ projectId }) => projectId === one.id;
      call.remove('projects', (each) => each === one);
      call.remove('applications', isOfIt);
      return change(call.changed(one,
        { type: 'project.removed', more: removeGrants(call, isOfIt) }));
    },
  },
  [`POST ${project}/roles/_search`]: {
    needs: 'project.role.read',
    body: search({ keyQuery: textQuery('key') }),
    run(call) {
      const inOrder = [...call.project?.roles ?? []].sort((a, b) => (a.key < b.key ? -1 : 1));
      return found(call.lag.shown(inOrder),
        { body: call.body, about: { keyQuery: ({ key }) => key }, tell: toldRole });
    },
  },
  [`POST ${project}/roles`]: {
    needs: 'project.role.write',
    body: group({ roleKey: name, displayName: name, group: text(0, 200) }),
    request: 'AddProjectRoleRequest',
    run(call) {
      const { roleKey: key, ...more } = call.body;
      const [one] = addRoles(call, [{ key, ...more }]);
      return birth(one);
    },
  },
  [`POST ${project}/roles/_bulk`]: {
    needs: 'project.role.write',
    body: group({ roles: list(role) }),
    request: 'BulkAddProjectRolesRequest',
    run(call) {
      addRoles(call, call.body.roles);
      return { details: { resourceOwner: call.organisation.id } };
    },
  },
  [`DELETE ${project}/roles/:key`]: {
    needs: 'project.role.delete',
    run(call) {
      const { project: owner, params: { key } } = call;
      const one = owner?.roles.find((each) => each.key === key);
      if (!one) throw notFound('Errors.Project.Role.NotExisting', 'COMMAND-m9vMf');
      owner.roles = owner.roles.filter((each) => each !== one);
      return change(call.changed(one, {
        type: 'project.role.removed', of: owner, payload: { key },
        more: withoutRole(call.instance, owner, key),
      }));
    },
  },
};
