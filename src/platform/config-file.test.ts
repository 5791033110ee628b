import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configSchema } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { configJsonSchema, configReference, loadConfig } from './config-file.ts';

const fixtures = fileURLToPath(new URL('config-testdata', import.meta.url));
const empty = mkdtempSync(join(tmpdir(), 'meridian-config-'));
after(() => rmSync(empty, { recursive: true, force: true }));

/** The lines of the one error that a fixture gives. */
async function mistakesOf(name: string): Promise<string[]> {
  const error = await loadConfig(join(fixtures, name), {}).then(
    () => assert.fail(`${name} was accepted`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MeridianError, String(error));
  assert.equal(error.code, 'invalid_config');
  return error.message
    .replace(/^The configuration is not valid: /, '')
    .replace(/\.$/, '')
    .split('\n')
    .map((line) => line.trim());
}

test('without a file the defaults hold, and relative paths start at the working directory', async () => {
  const { config, baseDirectory, path } = await loadConfig(undefined, {}, empty);
  assert.deepEqual(config, configSchema.parse({}));
  assert.equal(baseDirectory, empty);
  assert.equal(path, null);
  assert.deepEqual(
    config.regions.map(({ id }) => id),
    ['singapore', 'dublin', 'los-angeles'],
  );
});

test('a full file is read, and the one in the working directory is found', async () => {
  const { config, baseDirectory, path } = await loadConfig(join(fixtures, 'good-full.yaml'), {});
  assert.equal(path, join(fixtures, 'good-full.yaml'));
  assert.equal(baseDirectory, fixtures);
  assert.equal(config.control.port, 9000);
  assert.equal(config.regions[0]?.sites[0]?.capacityBps, 20_000_000_000);
  assert.deepEqual(config.regions[0]?.objects, {
    kind: 's3',
    endpoint: 'https://s3.example/meridian-dublin',
    bucketRegion: 'auto',
    accessKeyIdEnv: 'MERIDIAN_S3_ACCESS_KEY_ID',
    secretAccessKeyEnv: 'MERIDIAN_S3_SECRET_ACCESS_KEY',
  });
  writeFileSync(join(empty, 'meridian.yaml'), 'log: error\n');
  const found = await loadConfig(undefined, {}, empty);
  rmSync(join(empty, 'meridian.yaml'));
  assert.equal(found.config.log, 'error');
  assert.equal(found.path, join(empty, 'meridian.yaml'));
});

test('a section whose keys are all commented out means its defaults', async () => {
  const { config } = await loadConfig(join(fixtures, 'good-empty-sections.yaml'), {});
  assert.deepEqual(config, configSchema.parse({ log: 'debug' }));
});

test('DATABASE_URL overrides the file', async () => {
  const file = join(fixtures, 'good-full.yaml');
  const urlOf = async (environment: Record<string, string>): Promise<string | undefined> =>
    (await loadConfig(file, environment)).config.control.databaseUrl;
  assert.equal(await urlOf({ DATABASE_URL: 'postgres://other/db' }), 'postgres://other/db');
  assert.equal(await urlOf({ DATABASE_URL: '' }), 'postgres://meridian@db/meridian');
  assert.equal(await urlOf({}), 'postgres://meridian@db/meridian');
});

test('every mistake of shape is told at once, with its line and the nearest valid word', async () => {
  assert.deepEqual(await mistakesOf('bad-shape.yaml'), [
    'bad-shape.yaml has 10 mistakes:',
    'line 2: control.prt: unknown key "prt" (did you mean "port"?)',
    'line 3: demo: "yes" is not allowed here: expected boolean, received string',
    'line 4: log: "wrn" is not one of trace, debug, info, warn, error, silent (did you mean "warn"?)',
    'line 6: regions[0].id: "Dublin" is not allowed here: must match pattern /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/',
    'line 8: regions[0].latitude: 153 is not allowed here: expected number to be <=90',
    'line 10: regions[0].objects.endpoint: this is missing (a value of type string)',
    'line 10: regions[0].objects.endpont: unknown key "endpont" (did you mean "endpoint"?)',
    'line 13: regions[0].sites[0].ports.node: this is missing (a value of type number)',
    'line 15: steering.ttlMs: 10 is not allowed here: expected number to be >=1000',
    'line 16: zebra: unknown key "zebra"',
  ]);
});

test('every contradiction is told at once', async () => {
  assert.deepEqual(await mistakesOf('bad-contradictions.yaml'), [
    'bad-contradictions.yaml has 11 mistakes:',
    'line 10: regions[0].sites[0].ports.edge: port 8100 is also used by control.port',
    'line 12: regions[1].id: two regions have the id "dublin"',
    'line 16: regions[1].objects.endpoint: regions[0].objects.endpoint names the same bucket; each region has its own',
    'line 18: regions[1].sites[0].id: two sites have the id "west"; a site is also a pathway, so its id is unique in the world',
    'line 19: regions[1].sites[0].ports.ingest: port 8101 is also used by regions[0].sites[0].ports.ingest',
    'line 20: regions[1].sites[0].srtPorts: these ports overlap with regions[0].sites[0].srtPorts',
    'line 21: regions[1].sites[0].whip.udpPorts: these ports overlap with regions[1].sites[0].srtPorts',
    'line 23: wan.delayMsMin: the shortest delay (95 ms) is longer than the longest (90 ms)',
    'line 25: viewerGroups[0].regionId: there is no region "dubln" (did you mean "dublin"?)',
    'line 28: viewerGroups[0].cidrs[1]: "203.0.113.0/99" is not a network such as 203.0.113.0/24 or 2001:db8::/32',
    'line 29: viewerGroups[0].cidrs[2]: the network 203.0.113.0/24 is already in viewerGroups[0].cidrs[0]',
  ]);
});

test('a file that is no YAML, or no map, or not there, is one clear sentence', async () => {
  const syntax = await mistakesOf('bad-syntax.yaml');
  assert.ok(syntax.some((line) => /line 4: this is not valid YAML: Map keys must be unique/.test(line)));
  assert.deepEqual(await mistakesOf('bad-not-a-map.yaml'), [
    'bad-not-a-map.yaml, line 1: "just some words" is not allowed here: expected object, received string',
  ]);
  assert.match((await mistakesOf('bad-list.yaml'))[0] ?? '', /expected object, received array/);
  assert.deepEqual(await mistakesOf('absent.yaml'), [`there is no file ${join(fixtures, 'absent.yaml')}`]);
});

test('certificates are looked for beside the file, and a missing one is named', async () => {
  assert.deepEqual(await mistakesOf('bad-tls.yaml'), [
    'bad-tls.yaml has 2 mistakes:',
    `line 2: tls.certificateFile: the file ${join(fixtures, 'absent.pem')} cannot be read`,
    `line 3: tls.keyFile: the file ${join(fixtures, 'absent.key')} cannot be read`,
  ]);
  for (const name of ['a.pem', 'a.key']) writeFileSync(join(empty, name), '');
  const file = join(empty, 'other.yaml');
  writeFileSync(file, 'tls: { certificateFile: a.pem, keyFile: ./a.key }\n');
  const { config } = await loadConfig(file, {});
  assert.deepEqual(config.tls, { certificateFile: join(empty, 'a.pem'), keyFile: resolve(empty, 'a.key') });
});

test('docs/configuration.md is what `meridian config reference` writes', () => {
  const page = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
  assert.equal(readFileSync(page, 'utf8'), configReference());
});

test('the reference and the JSON Schema name every key with its default', () => {
  const reference = configReference();
  for (const row of [
    '| `dataDirectory` | string | `".meridian"` | Everything that Meridian keeps, relative to the file |',
    '| `control.port` | integer | `8080` | API and console |',
    '| `regions` | list of object | singapore, dublin, los-angeles | Regions of this world |',
    '| `regions[].sites[].ports.edge` | integer | required | Viewers: playback, watch pages, steering |',
    '| `regions[].objects` | kind: disk or s3 | `{"kind":"disk"}` | Where the region keeps its media |',
    '| `regions[].objects.bucketRegion` (s3) | string | `"auto"` | Region name that requests are signed with |',
    '| `log` | trace, debug, info, warn, error, silent | `"info"` | Least important level that is logged |',
  ])
    assert.ok(reference.split('\n').includes(row), row);
  const schema = configJsonSchema();
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(Object.keys(schema.properties ?? {}), Object.keys(configSchema.shape));
  assert.equal(schema.required, undefined, 'every key of the file has a default');
});
