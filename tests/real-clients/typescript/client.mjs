// An MCP client whose OAuth is all the SDK's own. Who runs it is the human: it prints the address to open, and reads
// where the browser came back to.
//
//   node client.mjs '{"sdk": "v2", "url": "…/mcp", "redirect": "http://localhost:3030/callback", "method": "none"}'
//
// `sdk` is v1, v2 (which shakes hands as in 2025) or v2-stateless (which pins the revision without a handshake). With a
// `document` that URL is its client_id. `"transport": "sse"` is the one of 2024.
//
// One JSON document a line. Out: {"open": URL}, {"round": {…}}. In: {"callback": URL}, {"again": SECONDS}.

import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';

// Not there by itself before Node 20.
globalThis.crypto ??= webcrypto;

const { sdk, url, redirect, method, document, transport: kind } = JSON.parse(process.argv[2]);
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function hear() {
  const { value, done } = await lines.next();
  return done ? undefined : JSON.parse(value);
}

/** Either generation: what differs is where things are, how the version is agreed on, and what ends a sign-in. */
async function load() {
  if (sdk === 'v1') {
    const files = ['index', 'streamableHttp', 'sse', 'auth'];
    const modules = await Promise.all(files.map((file) => import(`@modelcontextprotocol/sdk/client/${file}.js`)));
    return { ...Object.assign({}, ...modules), options: {}, answer: (query) => query.get('code') };
  }
  const v2 = await import('@modelcontextprotocol/client');
  const options = sdk === 'v2-stateless' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {};
  return { ...v2, options, answer: (query) => query };
}

/** Everything in memory. */
class Provider {
  saved = 0;
  redirectUrl = redirect;
  clientMetadataUrl = document;
  clientMetadata = {
    client_name: `TypeScript SDK ${sdk}`,
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: method,
  };
  state = () => (this.sent = webcrypto.randomUUID());
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.held;
  saveTokens(tokens) {
    this.held = tokens;
    this.saved += 1;
  }
  redirectToAuthorization = (address) => say({ open: String(address) });
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  saveDiscoveryState = (found) => void (this.found = found);
  discoveryState = () => this.found;
}

const { Client, SSEClientTransport, StreamableHTTPClientTransport, UnauthorizedError, options, answer } = await load();
const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
const provider = new Provider();

async function connect() {
  const client = new Client({ name: 'gatehouse-real-client', version: '1.0.0' }, options);
  const transport = new Transport(new URL(url), { authProvider: provider });
  try {
    await client.connect(transport);
    return { client, transport };
  } catch (fault) {
    if (!(fault instanceof UnauthorizedError)) throw fault;
  }
  const back = new URL((await hear()).callback).searchParams;
  // The SDK leaves this to its caller.
  if (back.get('state') !== provider.sent) throw new Error('another state came back');
  await transport.finishAuth(answer(back));
  return connect();
}

const { client, transport } = await connect();
for (let round = 1; round === 1 || (await hear())?.again; round += 1) {
  const { tools } = await client.listTools();
  const made = await client.callTool({ name: 'create_note', arguments: { title: `round ${round}` } });
  const listed = await client.callTool({ name: 'list_notes', arguments: {} });
  say({
    round: {
      // The SSE transport of the first generation shows it to nobody.
      revision: client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? transport._protocolVersion,
      tools: tools.map((tool) => tool.name),
      made: made.structuredContent,
      listed: listed.structuredContent,
      failed: Boolean(made.isError || listed.isError),
      tokens: provider.saved,
      client: provider.client?.client_id,
      secret: provider.client?.client_secret !== undefined,
      scope: provider.held?.scope,
    },
  });
}
await client.close();
// Or Node waits for more of it.
input.close();
process.stdin.destroy();
