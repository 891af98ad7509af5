// node-oidc-provider with registration and its management switched on, for `cargo xtask oracle-registry`.
// The first line on standard output is its issuer. ROTATE=1: an update makes a new registration token.
import http from 'node:http';
import { randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const server = http.createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  cookies: { keys: [randomBytes(16).toString('hex')] },
  extraClientMetadata: { properties: ['software_id', 'software_version'] },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true, initialAccessToken: process.env.TOKEN },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: process.env.ROTATE === '1' },
  },
});
server.on('request', provider.callback());
console.log(issuer);
