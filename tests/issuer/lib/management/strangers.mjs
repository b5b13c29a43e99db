// What others made in the same instance: people, applications that people log in to, and names
// that somebody changed. No call here makes them; a test orders them.
import { changed, created, id, projectOf, userOf } from '../instance.mjs';

const orders = {
  person({ users, organisation }, { name }) {
    const one = {
      name, title: name, userId: id(), organisation, keys: [], state: 'active', generation: 0,
      memberships: [], tokens: [], isPerson: true,
    };
    users.push(created(one, organisation));
    return { userId: one.userId };
  },
  'oidc-application': (instance, { name, projectId }) => {
    const project = projectOf(instance, projectId);
    if (!project) throw new RangeError('no project has that id');
    const one = {
      appId: id(), clientId: id(), name, projectId, state: 'active', keys: [], isOidc: true,
    };
    instance.applications.push(created(one, project.organisation, project));
    return { appId: one.appId };
  },
  // of a project, an application or a user
  rename(instance, { id: wanted, name }) {
    const application = instance.applications.find(({ appId }) => appId === wanted);
    const one = projectOf(instance, wanted) ?? userOf(instance, wanted) ?? application;
    if (!one) throw new RangeError('nothing has that id');
    one.name = name;
    changed(one, application ? projectOf(instance, application.projectId) : one);
    return {};
  },
};

// Throws a RangeError that says what is wrong with the order.
export function orderStranger(instance, { kind, ...order }) {
  if (!Object.hasOwn(orders, kind)) throw new RangeError(`nothing is called ${kind}`);
  if (typeof order.name !== 'string') throw new RangeError('it needs a name');
  return orders[kind](instance, order);
}
