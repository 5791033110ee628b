// OpenStack Swift with its S3 API, started from Debian's packages without installing them: they are downloaded with
// `apt-get download` and unpacked with `dpkg -x` into a temporary directory, which is removed at the end. Three rings of
// one replica, four processes on free ports of the loopback; keys are those of its "tempauth".
// It is a bucket server unlike the small one that the other tests use: real part ETags, 501 to conditional puts, 400 to
// bulk deletes, eventually consistent listings.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { S3mini } from 's3mini';
import { claimPorts } from '../support/free-ports.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);

const PACKAGES = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'];
/** Debian's own interpreter: the packages hold modules compiled for it. */
const PYTHON = '/usr/bin/python3';
const START_MS_MAX = 60_000;
const OUTPUT_MAX = 64 * 2 ** 20;

export interface Swift {
  readonly bucketRegion: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Makes a bucket; resolves to its address. */
  makeBucket(name: string): Promise<string>;
  close(): Promise<void>;
}

type Server = 'proxy' | 'account' | 'container' | 'object';
type Ports = Readonly<Record<Server, number>>;

/** Downloads, unpacks and starts Swift. Throws one sentence when this machine cannot have it. */
export async function startSwift(): Promise<Swift> {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-swift-'));
  const started: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map(end));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const system = await unpackPackages(directory);
    const [proxy = 0, account = 0, container = 0, object = 0] = await claimPorts(4);
    const ports = { proxy, account, container, object };
    writeConfiguration(directory, ports);
    const env = environment(directory, system);
    await makeRings(directory, ports, env);
    let output = '';
    for (const server of ['account', 'container', 'object', 'proxy'] as const) {
      const program = join(system, `usr/bin/swift-${server}-server`);
      const child = spawn(PYTHON, [program, join(directory, `${server}.conf`)], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env,
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-8_000);
        });
      started.push(child);
    }
    await untilHealthy(started, ports, () => output);
    return { ...accessTo(ports), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

/** Returns the root under which the packages lie as they would under `/`. */
async function unpackPackages(directory: string): Promise<string> {
  const packages = join(directory, 'packages');
  const system = join(directory, 'system');
  mkdirSync(packages);
  try {
    // What is installed already is not named, and is found where it is.
    const plan = await run('apt-get', [
      'install',
      '--simulate',
      '--quiet=2',
      '--no-install-recommends',
      ...PACKAGES,
    ]);
    const names = [...plan.stdout.matchAll(/^Inst ((?:swift|python3|lib)\S*)/gm)].map(
      (match) => match[1] ?? '',
    );
    await run('apt-get', ['download', '--quiet=2', ...names], { cwd: packages, maxBuffer: OUTPUT_MAX });
    const { stdout } = await run('find', [packages, '-name', '*.deb']);
    for (const file of stdout.trim().split('\n')) await run('dpkg', ['-x', file, system]);
  } catch (error) {
    throw new Error(
      `Swift cannot be had here: its Debian 12 packages (${PACKAGES.join(', ')}) must come from apt-get download; run "apt-get update" first, and check that this machine reaches a mirror.`,
      { cause: error },
    );
  }
  // The path of the cluster's secret is a constant there, and /etc is not ours.
  const constants = join(system, 'usr/lib/python3/dist-packages/swift/common/utils.py');
  const text = readFileSync(constants, 'utf8');
  const own = text.replace("'/etc/swift/swift.conf'", JSON.stringify(join(directory, 'swift.conf')));
  if (own === text) throw new Error('This version of Swift keeps the path of swift.conf elsewhere.');
  writeFileSync(constants, own);
  return system;
}

function environment(directory: string, system: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: directory,
    PYTHONPATH: join(system, 'usr/lib/python3/dist-packages'),
    PYTHONDONTWRITEBYTECODE: '1',
    LD_LIBRARY_PATH: join(system, 'usr/lib/x86_64-linux-gnu'),
  };
}

function writeConfiguration(directory: string, ports: Ports): void {
  const write = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
  mkdirSync(join(directory, 'devices/disk'), { recursive: true });
  write('swift.conf', [
    '[swift-hash]',
    'swift_hash_path_suffix = meridian',
    '[storage-policy:0]',
    'name = one',
    'default = yes',
  ]);
  const common = (server: Server): string[] => [
    '[DEFAULT]',
    'bind_ip = 127.0.0.1',
    `bind_port = ${ports[server]}`,
    'workers = 0',
    `user = ${userInfo().username}`,
    `swift_dir = ${directory}`,
    `devices = ${join(directory, 'devices')}`,
    'mount_check = false',
    'log_level = WARNING',
  ];
  for (const server of ['account', 'container', 'object'] as const)
    write(`${server}.conf`, [
      ...common(server),
      '[pipeline:main]',
      `pipeline = ${server}-server`,
      `[app:${server}-server]`,
      `use = egg:swift#${server}`,
    ]);
  write('proxy.conf', [
    ...common('proxy'),
    '[pipeline:main]',
    'pipeline = catch_errors healthcheck cache listing_formats s3api tempauth copy slo proxy-server',
    '[app:proxy-server]',
    'use = egg:swift#proxy',
    'account_autocreate = true',
    '[filter:tempauth]',
    'use = egg:swift#tempauth',
    'user_meridian_tester = testing .admin',
    '[filter:cache]',
    'use = egg:swift#memcache',
    // The authenticator insists on a cache but does without answers: nobody listens there.
    'memcache_servers = 127.0.0.1:1',
    '[filter:s3api]',
    'use = egg:swift#s3api',
    ...['catch_errors', 'healthcheck', 'listing_formats', 'copy', 'slo'].flatMap((name) => [
      `[filter:${name}]`,
      `use = egg:swift#${name}`,
    ]),
  ]);
}

/** The rings say which disk holds what: here one disk holds everything. */
const RINGS = `
import sys
from swift.common.ring import RingBuilder
directory, *servers = sys.argv[1:]
for server in servers:
    name, port = server.split('=')
    ring = RingBuilder(4, 1, 1)
    ring.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1',
                  'replication_port': int(port), 'device': 'disk', 'weight': 1.0, 'meta': ''})
    ring.rebalance()
    ring.get_ring().save(directory + '/' + name + '.ring.gz')
`;

async function makeRings(directory: string, ports: Ports, env: NodeJS.ProcessEnv): Promise<void> {
  const servers = (['account', 'container', 'object'] as const).map((server) => `${server}=${ports[server]}`);
  await run(PYTHON, ['-c', RINGS, directory, ...servers], { env });
}

async function untilHealthy(
  started: readonly ChildProcess[],
  ports: Ports,
  output: () => string,
): Promise<void> {
  const isHealthy = async (): Promise<boolean> => {
    if (started.some(({ exitCode }) => exitCode !== null))
      throw new Error(`A process of Swift has ended: ${output()}`);
    const answers = await Promise.all(
      Object.entries(ports).map(([server, port]) =>
        fetch(`http://127.0.0.1:${port}/${server === 'proxy' ? 'healthcheck' : 'recon/version'}`).then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    // A server without recon answers 400 to what is no path of its own: it serves.
    return answers.every((status) => status !== 0);
  };
  await waitFor('Swift to serve', isHealthy, START_MS_MAX);
}

function accessTo(ports: Ports): Omit<Swift, 'close'> {
  const access = { accessKeyId: 'meridian:tester', secretAccessKey: 'testing' };
  const bucketRegion = 'us-east-1';
  return {
    ...access,
    bucketRegion,
    async makeBucket(name) {
      const endpoint = `http://127.0.0.1:${ports.proxy}/${name}`;
      const isMade = await new S3mini({ ...access, endpoint, region: bucketRegion }).createBucket();
      if (!isMade) throw new Error(`Swift did not make the bucket ${name}`);
      return endpoint;
    },
  };
}
