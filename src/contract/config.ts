// meridian.yaml: one strict schema that yields parsing, defaults, documentation and JSON Schema.

import { z } from 'zod';
import { accessConfigSchema } from './access.ts';
import { regionIdSchema, siteIdSchema } from './identifiers.ts';
import { incidentsConfigSchema } from './incidents.ts';
import { UPLOAD_BYTES_MAX_DEFAULT } from './limits.ts';
import { servicesConfigSchema } from './services.ts';

const DAY_MS = 86_400_000;

const port = z.number().int().min(0).max(65_535);

const objectsSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('disk') }),
    z.strictObject({
      kind: z.literal('s3'),
      endpoint: z.url().describe('Address of the bucket, e.g. https://s3.example/meridian-dublin'),
      bucketRegion: z.string().default('auto').describe('Region name that requests are signed with'),
      accessKeyIdEnv: z
        .string()
        .default('MERIDIAN_S3_ACCESS_KEY_ID')
        .describe('Environment variable with the key id'),
      secretAccessKeyEnv: z
        .string()
        .default('MERIDIAN_S3_SECRET_ACCESS_KEY')
        .describe('Environment variable with the secret'),
    }),
  ])
  .describe('Where the region keeps its media');

const siteSchema = z.strictObject({
  id: siteIdSchema,
  capacityBps: z
    .number()
    .int()
    .positive()
    .default(1_000_000_000)
    .describe('Egress that the site can carry, bit/s'),
  ports: z
    .strictObject({
      edge: port.describe('Viewers: playback, watch pages, steering'),
      ingest: port.describe('Uploads (tus)'),
      node: port.describe('Other nodes, health and metrics'),
      rtmp: port.optional().describe('Live publishers (RTMP); absent: none'),
    })
    .describe('Ports of the node that `meridian up` starts for this site'),
  edgeUrl: z.url().optional().describe('Public address of the edges, when it is not http(s)://host:port'),
  ingestUrl: z.url().optional().describe('Public address of the ingest, when it is not http(s)://host:port'),
  rtmpUrl: z
    .url({ protocol: /^rtmps?$/ })
    .optional()
    .describe('Public address for live publishers, when it is not rtmp://host:port'),
  srtPorts: z
    .strictObject({
      first: z.number().int().min(1).max(65_535).describe('Lowest of the ports'),
      count: z.number().int().min(1).max(256).default(16).describe('Broadcasts that take SRT at once'),
    })
    .optional()
    .describe('UDP ports for live publishers by SRT, one for each broadcast that takes it; absent: none'),
  srtHost: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Public name for SRT publishers, when it is not host'),
  whip: z
    .strictObject({
      publicIp: z
        .ipv4()
        .optional()
        .describe(
          'Address that browsers send media to, when the ingest is behind NAT (1:1); absent: its own',
        ),
      udpPorts: z
        .strictObject({
          first: port.min(1),
          count: z.number().int().min(1).max(1_000),
        })
        .optional()
        .describe('UDP ports for media, one for each publisher; absent: any that is free'),
    })
    .optional()
    .describe('Live publishers from browsers (WHIP), on the port of uploads; absent: none'),
});

const regionSchema = z.strictObject({
  id: regionIdSchema,
  name: z.string().min(1).max(64).describe('Name for people'),
  latitude: z.number().min(-90).max(90).describe('Degrees north; distances steer viewers'),
  longitude: z.number().min(-180).max(180).describe('Degrees east'),
  costPerGb: z.number().nonnegative().default(0.05).describe('Egress cost, in any one currency'),
  storageCostPerGbMonth: z
    .number()
    .nonnegative()
    .default(0.02)
    .describe('What a stored gigabyte costs in a month, in the same currency'),
  objects: objectsSchema.default({ kind: 'disk' }),
  sites: z.array(siteSchema).min(1).max(32).describe('Datacentres of the region'),
});

export type WhipConfig = NonNullable<z.infer<typeof siteSchema>['whip']>;

const mailServerSchema = z
  .strictObject({
    host: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535).default(587),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls insists on it; tls from the first byte, mostly at port 465; none for the same host',
      ),
    user: z.string().min(1).max(320).optional(),
    passwordFile: z.string().min(1).optional().describe('File that holds the password and nothing else'),
    passwordEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .optional()
      .describe('Variable of the environment that holds it'),
    authorityFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM of an authority of your own that vouches for the server'),
    from: z.email().max(320).describe('Address of the sender'),
  })
  .refine(
    ({ passwordEnv, passwordFile, user }) =>
      (user !== undefined) === (passwordEnv !== undefined || passwordFile !== undefined),
    'user and one of passwordFile and passwordEnv belong together',
  );

export const configSchema = z.strictObject({
  dataDirectory: z
    .string()
    .min(1)
    .default('.meridian')
    .describe('Everything that Meridian keeps, relative to the file'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  control: z
    .strictObject({
      port: port.default(8080).describe('API and console'),
      databaseUrl: z
        .string()
        .optional()
        .describe('PostgreSQL >= 15; without it Meridian starts its own. DATABASE_URL overrides'),
      url: z.url().optional().describe('Public address, when it is not http://host:port'),
    })
    .prefault({}),
  supervisor: z
    .strictObject({
      port: port.default(8079).describe('Health and metrics of the supervisor'),
      restartPauseMsMax: z
        .number()
        .int()
        .min(250)
        .default(10_000)
        .describe('Longest pause before a process that ended is started again; pauses double up to it'),
    })
    .prefault({}),
  regions: z.array(regionSchema).min(1).max(64).prefault(defaultRegions()).describe('Regions of this world'),
  wan: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Delay traffic between regions as real distances would'),
      delayMsMin: z.number().min(0).max(2_000).default(70).describe('One way, between the nearest regions'),
      delayMsMax: z.number().min(0).max(2_000).default(90).describe('One way, between the farthest regions'),
      jitterMs: z.number().min(0).max(500).default(2).describe('Random part of the delay'),
    })
    .prefault({}),
  tls: z
    .strictObject({
      certificateFile: z.string().describe('PEM, read again when it changes'),
      keyFile: z.string().describe('PEM, read again when it changes'),
    })
    .optional()
    .describe('TLS with HTTP/2 at edges and ingests'),
  trustedGroupHeader: z
    .string()
    .optional()
    .describe('Request header that names the viewer group, set by a trusted proxy'),
  viewerGroups: z
    .array(
      z.strictObject({
        regionId: regionIdSchema,
        cidrs: z.array(z.string()).min(1).max(10_000).describe('Networks, e.g. 203.0.113.0/24'),
      }),
    )
    .default([])
    .describe('Viewer networks by region; others are told by round trips'),
  steering: z
    .strictObject({
      ttlMs: z
        .number()
        .int()
        .min(1_000)
        .max(300_000)
        .default(5_000)
        .describe('How long players keep a steering answer'),
    })
    .prefault({}),
  incidents: incidentsConfigSchema,
  access: accessConfigSchema,
  services: servicesConfigSchema,
  limits: z
    .strictObject({
      uploadBytesMax: z
        .number()
        .int()
        .positive()
        .default(UPLOAD_BYTES_MAX_DEFAULT)
        .describe('Largest upload, bytes'),
      uploadExpiryMs: z
        .number()
        .int()
        .positive()
        .default(86_400_000)
        .describe('Unfinished uploads are removed after this'),
      edgeCacheBytes: z
        .number()
        .int()
        .min(1_000_000)
        .default(256_000_000)
        .describe('Memory cache of one edge process'),
      edgeDiskBytes: z
        .number()
        .int()
        .min(0)
        .default(2 * 2 ** 30)
        .describe('Disk cache of one edge process, under its memory cache; 0: none'),
      encoderSlots: z.number().int().min(0).max(64).default(1).describe('Jobs that one node encodes at once'),
      channelSlots: z
        .number()
        .int()
        .min(0)
        .max(64)
        .default(2)
        .describe('Channels of live broadcasts that one node runs at once'),
    })
    .prefault({}),
  durability: z
    .strictObject({
      sourceCopies: z.number().int().min(1).max(64).default(3).describe('Regions that keep an upload'),
      renditionCopies: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(2)
        .describe('Regions that keep what was made of it'),
      repairDelayMs: z
        .number()
        .int()
        .min(0)
        .default(300_000)
        .describe('A copy that is lost or away for so long is made again, so that a restart costs nothing'),
      repairBytesPerSecond: z
        .number()
        .int()
        .min(1_000)
        .default(20_000_000)
        .describe('What one region copies for repairs at most'),
      inventoryMs: z
        .number()
        .int()
        .min(200)
        .default(60_000)
        .describe('Pause between two reports of what a region holds'),
      scrubBytesPerSecond: z
        .number()
        .int()
        .min(0)
        .default(5_000_000)
        .describe('What one region reads to verify checksums; 0 turns the scrubber off'),
      scrubEveryMs: z
        .number()
        .int()
        .min(0)
        .default(21_600_000)
        .describe('Pause between two rounds of the scrubber through everything'),
      deleteGraceMs: z
        .number()
        .int()
        .min(0)
        .default(600_000)
        .describe('A deletion can be undone for so long; the bytes go afterwards'),
      replacedGraceMs: z
        .number()
        .int()
        .min(0)
        .default(3_600_000)
        .describe('Replaced versions and outdone attempts stay for so long, for those who still watch them'),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      allowPrivateAddresses: z
        .boolean()
        .default(false)
        .describe(
          'Let webhooks reach loopback, private and link-local addresses; whoever may add one can then reach them',
        ),
    })
    .prefault({}),
  notifications: z
    .strictObject({
      allowPrivateAddresses: z
        .boolean()
        .default(false)
        .describe('Let channels of notifications reach loopback, private and link-local addresses'),
      mailServers: z
        .record(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/), mailServerSchema)
        .default({})
        .describe('SMTP servers by the names under which channels of the kind email use them'),
    })
    .prefault({}),
  imports: z
    .strictObject({
      slots: z.number().int().min(0).max(64).default(2).describe('Imports that one ingest fetches at once'),
      allowHosts: z
        .array(z.string().min(1).max(255))
        .max(1_000)
        .default([])
        .describe('Hosts that may be imported from, e.g. media.example or *.media.example; none named: all'),
      denyHosts: z
        .array(z.string().min(1).max(255))
        .max(1_000)
        .default([])
        .describe('Hosts that may not be imported from, in the same form; stronger than allowHosts'),
      allowPrivateAddresses: z
        .boolean()
        .default(false)
        .describe(
          'Let imports reach loopback, private and link-local addresses; whoever may import can then read them',
        ),
      sources: z
        .record(
          z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/),
          z.strictObject({
            endpoint: z.url({ protocol: /^https?$/ }).describe('Address of the S3 service'),
            bucket: z.string().min(1).max(255),
            region: z.string().default('auto').describe('Region name that requests are signed with'),
            accessKeyId: z.string().min(1),
            secretAccessKeyFile: z.string().min(1).describe('File that holds the secret and nothing else'),
          }),
        )
        .default({})
        .describe('Buckets that may be imported from, by name; read by the nodes alone'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      keptSliceMs: z
        .number()
        .int()
        .min(3_600_000)
        .default(2 * DAY_MS)
        .describe('Series in steps of 5 s are kept for so long'),
      keptMinuteMs: z
        .number()
        .int()
        .min(DAY_MS)
        .default(35 * DAY_MS)
        .describe('Series in steps of a minute are kept for so long; budgets look back 30 days'),
      keptHourMs: z
        .number()
        .int()
        .min(DAY_MS)
        .default(400 * DAY_MS)
        .describe('Series in steps of an hour are kept for so long'),
      keptSessionMs: z
        .number()
        .int()
        .min(600_000)
        .default(7 * DAY_MS)
        .describe('Viewings are kept for so long after they were last heard of'),
      history: z
        .strictObject({
          objects: objectsSchema
            .default({ kind: 'disk' })
            .describe(
              'Where ended viewings are written as Parquet: the data directory of control, or a bucket',
            ),
          keptMs: z
            .number()
            .int()
            .min(DAY_MS)
            .default(400 * DAY_MS)
            .describe('Days of it are kept for so long'),
        })
        .prefault({}),
      acceptLateMs: z
        .number()
        .int()
        .min(60_000)
        .default(DAY_MS / 2)
        .describe('Reports of nodes are taken when they are so late; below keptSliceMs'),
      spoolBytesMax: z
        .number()
        .int()
        .min(1_000_000)
        .default(64_000_000)
        .describe('What a node keeps on disk while control is away; the oldest goes first'),
      otlp: z
        .strictObject({
          endpoint: z
            .url({ protocol: /^https?$/ })
            .describe('OTLP/HTTP receiver, with or without /v1/metrics at its end'),
          headers: z
            .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4_096))
            .default({})
            .describe('Sent with each export, e.g. an API key'),
          intervalMs: z.number().int().min(1_000).default(15_000).describe('How often metrics are exported'),
        })
        .optional()
        .describe('Every process also sends its metrics there; absent: they are only scraped'),
    })
    .prefault({}),
  demo: z
    .boolean()
    .default(true)
    .describe('Process a generated clip on the first start, to have something to watch'),
  log: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least important level that is logged'),
});

export type Config = z.output<typeof configSchema>;
export type RegionConfig = Config['regions'][number];
export type SiteConfig = RegionConfig['sites'][number];
export type ObjectsConfig = RegionConfig['objects'];

function defaultRegions(): z.input<typeof regionSchema>[] {
  const places = [
    { id: 'singapore', name: 'Singapore', latitude: 1.35, longitude: 103.82, costPerGb: 0.08 },
    { id: 'dublin', name: 'Dublin', latitude: 53.35, longitude: -6.26, costPerGb: 0.05 },
    { id: 'los-angeles', name: 'Los Angeles', latitude: 34.05, longitude: -118.24, costPerGb: 0.05 },
  ];
  return places.map((place, index) => {
    const base = 8_100 + index * 10;
    return {
      ...place,
      sites: [
        {
          id: `${place.id}-1`,
          ports: { edge: base, ingest: base + 1, node: base + 2, rtmp: base + 3 },
          srtPorts: { first: 8_400 + index * 20 },
          whip: {},
        },
      ],
    };
  });
}
