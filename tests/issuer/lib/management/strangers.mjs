// SPDX-License-Identifier: Apache-2.0
// What others made in the same instance: people, applications that people log in to, and names
// that somebody changed. No call here makes them; a test orders them.
import { id, projectOf, record, userNamed, userOf } from '../instance.mjs';

const happened = (instance, entry) => record(instance, userNamed(instance, 'iam-owner'), [entry]);

const orders = {
  person(instance, { name }) {
    const { users, organisation } = instance;
    const one = {
      name, title: name, userId: id(), organisation, keys: [], state: 'active', generation: 0,
      memberships: [], tokens: [], isPerson: true,
    };
    users.push(one);
    happened(instance, {
      type: 'user.human.added', of: one, owner: organisation,
      payload: { userName: name, firstName: name, lastName: name, displayName: name },
    });
    return { userId: one.userId };
  },
  'oidc-application': (instance, { name, projectId }) => {
    const project = projectOf(instance, projectId);
    if (!project) throw new RangeError('no project has that id');
    const one = {
      appId: id(), clientId: id(), name, projectId, state: 'active', keys: [], isOidc: true,
    };
    instance.applications.push(one);
    happened(instance, {
      type: 'project.application.added', of: project, thing: one,
      payload: { appId: one.appId, name },
    });
    return { appId: one.appId };
  },
  // of a project, an application or a user
  rename(instance, { id: wanted, name }) {
    const application = instance.applications.find(({ appId }) => appId === wanted);
    const one = projectOf(instance, wanted) ?? userOf(instance, wanted) ?? application;
    if (!one) throw new RangeError('nothing has that id');
    one.name = name;
    const { appId, userId, projectId } = one;
    if (appId) {
      happened(instance, {
        type: 'project.application.changed', of: projectOf(instance, projectId), thing: one,
        payload: { appId, name },
      });
    } else {
      happened(instance, userId
        ? { type: 'user.username.changed', of: one, payload: { userName: name } }
        : { type: 'project.changed', of: one, payload: { name } });
    }
    return {};
  },
};

// Throws a RangeError that says what is wrong with the order.
export function orderStranger(instance, { kind, ...order }) {
  if (!Object.hasOwn(orders, kind)) throw new RangeError(`nothing is called ${kind}`);
  if (typeof order.name !== 'string') throw new RangeError('it needs a name');
  return orders[kind](instance, order);
}
