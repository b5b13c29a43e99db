// SPDX-License-Identifier: Apache-2.0
// What a ZITADEL of October 2025 says of itself, member by member.
import { jwtBearer, paths } from './names.mjs';

const signatures = ['EdDSA', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
const authentications = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];

export const discoveryOf = (issuer) => ({
  issuer,
  authorization_endpoint: `${issuer}/oauth/v2/authorize`,
  token_endpoint: `${issuer}${paths.token}`,
  introspection_endpoint: `${issuer}${paths.introspection}`,
  userinfo_endpoint: `${issuer}/oidc/v1/userinfo`,
  revocation_endpoint: `${issuer}${paths.revocation}`,
  end_session_endpoint: `${issuer}/oidc/v1/end_session`,
  device_authorization_endpoint: `${issuer}/oauth/v2/device_authorization`,
  jwks_uri: `${issuer}${paths.keys}`,
  scopes_supported: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
  response_types_supported: ['code', 'id_token', 'id_token token'],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  grant_types_supported: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials',
    jwtBearer, 'urn:ietf:params:oauth:grant-type:device_code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signatures,
  request_object_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: authentications,
  token_endpoint_auth_signing_alg_values_supported: ['RS256'],
  revocation_endpoint_auth_methods_supported: authentications,
  revocation_endpoint_auth_signing_alg_values_supported: ['RS256'],
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
  introspection_endpoint_auth_signing_alg_values_supported: ['RS256'],
  claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'auth_time', 'nonce', 'acr', 'amr', 'c_hash',
    'at_hash', 'act', 'scopes', 'client_id', 'azp', 'preferred_username', 'name', 'family_name',
    'given_name', 'locale', 'email', 'email_verified', 'phone_number', 'phone_number_verified'],
  code_challenge_methods_supported: ['S256'],
  ui_locales_supported: ['bg', 'cs', 'de', 'en', 'es', 'fr', 'hu', 'id', 'it', 'ja', 'ko', 'mk', 'nl',
    'pl', 'pt', 'ro', 'ru', 'sv', 'tr', 'zh'],
  request_parameter_supported: true,
  request_uri_parameter_supported: false,
});
