// Kinds of faults that viewers see and no server admits, each as the catalogue (core/fault) has it. All of them are at one
// site; everything else is well.

import { TOP_RENDITION } from './media.ts';
import { NO_FAULTS, type SiteFaults } from './model-site.ts';

export interface FaultKind {
  readonly name: string;
  /** What is wrong, `sinceMs` after it began. */
  readonly at: (sinceMs: number) => SiteFaults;
  /** Whether it changes with time. */
  readonly isMoving: boolean;
  /** How long it pauses, when it comes and goes: meanwhile no budget burns, and nobody can be told. */
  readonly pauseMs?: number;
}

const constant = (name: string, faults: Partial<SiteFaults>): FaultKind => {
  const all = { ...NO_FAULTS, ...faults };
  return { name, at: () => all, isMoving: false };
};

/** Ten milliseconds more for every second. */
const RAMP_MS_PER_SECOND = 10;
/** Ten seconds of every thirty. */
const FLAP_EVERY_MS = 30_000;
const FLAP_MS = 10_000;

export const FAULT_KINDS: readonly FaultKind[] = [
  constant('media comes eight seconds late', {
    answers: [{ kind: 'late_answer', pathPrefix: '/m/', probability: 1, delayMs: 8_000 }],
  }),
  constant('every answer is an error', {
    answers: [
      { kind: 'failed_answer', pathPrefix: '/m/', probability: 1, status: 503 },
      { kind: 'failed_answer', pathPrefix: '/l/', probability: 1, status: 503 },
    ],
  }),
  constant('one answer in ten is an error', {
    answers: [
      { kind: 'failed_answer', pathPrefix: '/m/', probability: 0.1, status: 500 },
      { kind: 'failed_answer', pathPrefix: '/l/', probability: 0.1, status: 500 },
    ],
  }),
  constant('bodies are cut short', {
    answers: [{ kind: 'cut_answer', pathPrefix: '/m/', probability: 1, bytes: 20_000 }],
  }),
  constant('manifests are garbled', {
    answers: [{ kind: 'garbled_answer', pathPrefix: '/m/', probability: 1 }],
  }),
  constant('connections are refused', { link: [{ kind: 'refuse' }] }),
  constant('connections hang', { link: [{ kind: 'blackhole', direction: 'both' }] }),
  constant('viewers do not find the name or take no certificate, probes do', {
    link: [{ kind: 'reset' }],
    isForViewersOnly: true,
  }),
  constant('the way takes two seconds longer', {
    link: [{ kind: 'latency', direction: 'back', delayMs: 2_000 }],
    isForViewersOnly: true,
  }),
  constant('the way carries a tenth of what is watched', {
    link: [{ kind: 'bandwidth', direction: 'back', bytesPerSecond: 350_000 }],
  }),
  constant('one rendition fails', {
    answers: ['ast_a', 'ast_b'].map((asset) => ({
      kind: 'failed_answer',
      pathPrefix: `/m/default/${asset}/v1/${TOP_RENDITION}/`,
      probability: 1,
      status: 500,
    })),
  }),
  constant('one video fails', {
    answers: [{ kind: 'failed_answer', pathPrefix: '/m/default/ast_a/', probability: 1, status: 500 }],
  }),
  constant('a broadcast stands still', { isFeedCut: true }),
  constant('players of broadcasts alone get errors', {
    answers: [{ kind: 'failed_answer', pathPrefix: '/l/', probability: 0.3, status: 502 }],
  }),
  {
    name: 'answers come later and later',
    isMoving: true,
    at: (sinceMs) => ({
      ...NO_FAULTS,
      answers: [
        {
          kind: 'late_answer',
          pathPrefix: '/m/',
          probability: 1,
          delayMs: (sinceMs / 1_000) * RAMP_MS_PER_SECOND,
        },
      ],
    }),
  },
  {
    name: 'connections are refused for ten seconds of every thirty',
    isMoving: true,
    pauseMs: FLAP_EVERY_MS - FLAP_MS,
    at: (sinceMs) =>
      sinceMs % FLAP_EVERY_MS < FLAP_MS ? { ...NO_FAULTS, link: [{ kind: 'refuse' }] } : NO_FAULTS,
  },
  constant('the whole site is gone', { isDead: true }),
];
