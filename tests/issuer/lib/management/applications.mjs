// SPDX-License-Identifier: Apache-2.0
// API applications: made, changed, taken away, and their keys. Others are only seen.
import { randomBytes } from 'node:crypto';
import { applicationKey } from '../files.mjs';
import { id } from '../instance.mjs';
import { birth, change, found, states } from './answers.mjs';
import { exists, invalid, notFound, unmet } from './failures.mjs';
import { addKey, detailsOfKey, foundKeys, keyBody, keySearch, removeKey } from './keys.mjs';
import { choice, group, name, search, textQuery } from './members.mjs';
import { projectForWriting } from './projects.mjs';

const kBasic = 'API_AUTH_METHOD_TYPE_BASIC';
const kKey = 'API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT';
const applicationsOfIt = '/management/v1/projects/:project/apps';
const application = `${applicationsOfIt}/:application`;
const stateOf = states('APP');
const method = choice([kBasic, kKey], kBasic);
const makeSecret = () => randomBytes(48).toString('base64url');

const configurationOf = ({ clientId, isBasic, isOidc }) => (isOidc
  ? { oidcConfig: { clientId, responseTypes: ['OIDC_RESPONSE_TYPE_CODE'] } }
  : { apiConfig: { clientId, authMethodType: isBasic ? undefined : kKey } });

const told = ({ appId, details, state, name: title, ...more }) => ({
  id: appId, details, state: stateOf(state), name: title, ...configurationOf(more),
});

const existing = (call, errorId) => call.application
  ?? (() => { throw notFound("Application doesn't exist", errorId); })();

function existingApi(call, errorId, otherKind) {
  const one = existing(call, errorId);
  if (one.isOidc) throw invalid('Errors.Project.App.IsNotAPI', otherKind);
  return one;
}

function switchTo(state, call, fault) {
  const one = existing(call, 'COMMAND-ov9d3');
  if (one.state === state) throw fault;
  return change(call.changed(Object.assign(one, { state }), {
    type: `project.application.${state === 'active' ? 'reactivated' : state}`, of: call.project,
    payload: { appId: one.appId },
  }));
}

function add(call) {
  const { name: title, authMethodType } = call.body;
  const project = projectForWriting(call);
  const isTwin = (one) => one.projectId === project.id
    && one.name.toLowerCase() === title.toLowerCase();
  if (call.instance.applications.some(isTwin)) throw exists('Application already exists');
  const isBasic = authMethodType === kBasic;
  const clientSecret = isBasic ? makeSecret() : undefined;
  const one = {
    appId: id(), clientId: id(), name: title, projectId: project.id, state: 'active', keys: [],
    isBasic, clientSecret,
  };
  const { appId, clientId } = one;
  call.add(call.instance.applications, one, {
    type: 'project.application.added', of: project, payload: { appId, name: title },
    more: [{
      type: 'project.application.config.api.added', of: project, thing: one,
      payload: { appId, clientId, authMethodType: isBasic ? undefined : 1 },
    }],
  });
  return { appId, ...birth(one), clientId, clientSecret };
}

// It makes no secret: an application that becomes a Basic one has none until it is asked for one.
function configure(call) {
  const one = existingApi(call, 'COMMAND-2n8uU', 'COMMAND-Gnwt3');
  const isBasic = call.body.authMethodType === kBasic;
  if (isBasic === one.isBasic) throw unmet('No changes', 'COMMAND-1m88i');
  return change(call.changed(Object.assign(one, { isBasic }), {
    type: 'project.application.config.api.changed', of: call.project,
    payload: { appId: one.appId, authMethodType: isBasic ? 0 : 1 },
  }));
}

async function addKeyOfIt(call) {
  const one = call.application;
  if (!one) throw unmet('Errors.Application.NotFound', 'COMMAND-sak25');
  if (one.isBasic || one.isOidc) {
    throw unmet('Chosen Auth Method does not require a key', 'COMMAND-Dff54');
  }
  const key = await addKey(call, one, call.project, call.body, {
    type: 'project.application.oidc.key.added',
    payload: { applicationId: one.appId, clientId: one.clientId },
  });
  return { id: key.keyId, ...birth(key), keyDetails: detailsOfKey(applicationKey(one, key)) };
}

export const applications = {
  [`POST ${applicationsOfIt}/_search`]: {
    needs: 'project.app.read',
    body: search({ nameQuery: textQuery('name') }),
    run: (call) => found(
      call.lag.shown(call.instance.applications.filter(({ projectId }) =>
        projectId === call.project?.id)),
      { body: call.body, about: { nameQuery: (one) => one.name }, tell: told },
    ),
  },
  [`POST ${applicationsOfIt}/api`]: {
    needs: 'project.app.write',
    body: group({ name, authMethodType: method }),
    request: 'AddAPIAppRequest',
    run: add,
  },
  [`PUT ${application}/api_config`]: {
    needs: 'project.app.write',
    body: group({ authMethodType: method }),
    run: configure,
  },
  [`POST ${application}/api_config/_generate_client_secret`]: {
    needs: 'project.app.write',
    body: group({}),
    run(call) {
      const one = existingApi(call, 'COMMAND-2g66f', 'COMMAND-aeH4');
      one.clientSecret = makeSecret();
      call.changed(one, {
        type: 'project.application.config.api.secret.changed', of: call.project,
        payload: { appId: one.appId, hashedSecret: '$2a$04$' },
      });
      return { clientSecret: one.clientSecret, ...change(one) };
    },
  },
  [`POST ${application}/_deactivate`]: {
    needs: 'project.app.write',
    body: group({}),
    run: (call) => switchTo('deactivated', call,
      unmet('Errors.Project.App.NotActive', 'COMMAND-dsh35')),
  },
  [`POST ${application}/_reactivate`]: {
    needs: 'project.app.write',
    body: group({}),
    run: (call) => switchTo('active', call,
      unmet('Errors.Project.App.NotInactive', 'COMMAND-1n8cM')),
  },
  [`DELETE ${application}`]: {
    needs: 'project.app.delete',
    run(call) {
      const one = existing(call, 'COMMAND-0po9s');
      call.remove('applications', (each) => each === one);
      return change(call.changed(one, {
        type: 'project.application.removed', of: call.project, payload: { appId: one.appId },
      }));
    },
  },
  [`POST ${application}/keys/_search`]: {
    needs: 'project.app.read',
    body: keySearch,
    run: (call) => foundKeys(call, call.application),
  },
  [`POST ${application}/keys`]: {
    needs: 'project.app.write',
    body: keyBody(),
    run: addKeyOfIt,
  },
  [`DELETE ${application}/keys/:key`]: {
    needs: 'project.app.write',
    run: (call) => removeKey(call, call.application, call.project,
      'Errors.Application.Key.NotFound', 'project.application.oidc.key.removed'),
  },
};
