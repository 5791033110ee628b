import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftPostmortem, type PostmortemView, timesOf } from './draft-postmortem.ts';
import { drawBars, drawSeries } from './draw-graphs.ts';

const START_MS = Date.UTC(2027, 0, 31, 20, 0, 0);
const SECOND_MS = 1_000;

function view(changes: Partial<PostmortemView> = {}): PostmortemView {
  return {
    id: 'inc_1',
    title: 'Playback fails',
    state: 'resolved',
    severity: 'sev2',
    severityReasons: [{ code: 'limit_met', subject: 'burnRate', values: { value: 20, limit: 14.4 } }],
    labels: { region: 'dublin' },
    impact: { users: 42, budgetShare: 0.034, burnRate: 20 },
    impactStartedAtMs: START_MS,
    openedAtMs: START_MS + 52 * SECOND_MS,
    quietSinceMs: START_MS + 90 * SECOND_MS,
    resolvedAtMs: START_MS + 390 * SECOND_MS,
    resolution: 'all alerts were quiet for 300 s',
    roles: { commander: 'Ada', scribe: null },
    alerts: [{ name: 'burn', startsAtMs: START_MS + 52 * SECOND_MS, endsAtMs: START_MS + 90 * SECOND_MS }],
    entries: [
      { atMs: START_MS + 52 * SECOND_MS, kind: 'state', text: 'Opened', actor: null },
      { atMs: START_MS + 75 * SECOND_MS, kind: 'acknowledge', text: 'Ada has it', actor: 'Ada' },
      {
        atMs: START_MS + 54 * SECOND_MS,
        kind: 'action',
        text: 'Runbook drain-region was started',
        actor: null,
      },
      { atMs: START_MS + 60 * SECOND_MS, kind: 'steering', text: 'Steering plan 7', actor: 'control' },
      { atMs: START_MS - 30 * SECOND_MS, kind: 'change', text: 'deploy 0.2.0', actor: 'node' },
    ],
    changes: [
      {
        atMs: START_MS - 30 * SECOND_MS,
        kind: 'deploy',
        summary: 'dublin-1-a runs version 0.2.0',
        actor: 'control',
        score: 0.87,
        reasons: [{ code: 'before', subject: 'time', values: { apartMs: 30_000, weight: 0.966 } }],
      },
    ],
    actionItems: [
      { title: 'Test with real disks', owner: 'Grace', dueAtMs: START_MS + 86_400_000, state: 'open' },
      { title: 'Lower the limit', owner: 'Ada', dueAtMs: START_MS, state: 'done' },
    ],
    series: [
      {
        title: 'Failed requests',
        unit: '%',
        points: [0, 1, 2, 3].map((index) => ({
          atMs: START_MS + index * 30_000,
          value: index === 1 ? 80 : 0,
        })),
      },
    ],
    ...changes,
  };
}

test('times are those of the stored events: the first response counts, automation included', () => {
  assert.deepEqual(timesOf(view()), {
    detectMs: 52_000,
    respondMs: 2_000,
    respondedBy: 'automation',
    recoverMs: 90_000,
    resolveMs: 390_000,
  });
});

test('what has not happened yet has no time; without alerts the end is the recovery', () => {
  const open = timesOf(view({ quietSinceMs: null, resolvedAtMs: null, entries: [] }));
  assert.deepEqual(open, {
    detectMs: 52_000,
    respondMs: null,
    respondedBy: null,
    recoverMs: null,
    resolveMs: null,
  });
  assert.equal(timesOf(view({ quietSinceMs: null, alerts: [] })).recoverMs, 390_000);
});

test('the draft holds impact, times, pictures, changes, what automation did, action items and the timeline in order', () => {
  const text = draftPostmortem(view(), START_MS + 400_000);
  for (const line of [
    '# Postmortem: Playback fails',
    '| Severity | sev2 (limit met, burnRate (value 20, limit 14.4)) |',
    '| Users hurt at once | 42 |',
    '| Error budget burnt | 3.4 % |',
    '| Detect | 52 s | 2027-01-31 20:00:00 → 2027-01-31 20:00:52 |',
    '| Recover | 1 min 30 s | from the first harm until all alerts were quiet |',
    '- 2027-01-31 20:00:54 Runbook drain-region was started',
    '- [ ] Test with real disks (Grace, due 2027-02-01)',
    '- [x] Lower the limit (Ada, due 2027-01-31)',
  ])
    assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
  assert.equal(text.match(/<svg /g)?.length, 2);
  const timeline = text.slice(text.indexOf('## Timeline'));
  assert.ok(timeline.indexOf('deploy 0.2.0') < timeline.indexOf('Opened'));
  assert.ok(timeline.indexOf('Steering plan 7') < timeline.indexOf('Ada has it'));
});

test('text of people cannot become markup, a table cell or a script', () => {
  const evil = 'a | b\n# c <script>alert(1)</script> [x](javascript:1) `d`';
  const text = draftPostmortem(
    view({
      title: evil,
      alerts: [{ name: evil, startsAtMs: START_MS, endsAtMs: null }],
      entries: [{ atMs: START_MS, kind: 'change', text: evil, actor: evil }],
    }),
    START_MS + 400_000,
  );
  assert.doesNotMatch(text, /<script/);
  // A picture is one line of HTML, in which Markdown means nothing.
  const words = text.split('\n').filter((line) => !line.startsWith('<svg '));
  assert.doesNotMatch(words.join('\n'), /[^\\]\[x\]\(/);
  const row = text.split('\n').find((line) => line.startsWith('| 2027-01-31 20:00:00 | change'));
  assert.equal(row?.match(/(?<!\\)\|/g)?.length, 4);
});

test('a graph puts times and values where they belong', () => {
  const span = { fromMs: 0, toMs: 1_000 };
  const bars = drawBars(
    'Alerts',
    [{ name: 'a', startsAtMs: 500, endsAtMs: null }],
    [{ atMs: 250, text: 'b' }],
    span,
  );
  assert.match(bars, /<rect x="465" y="32" width="275"/);
  assert.match(bars, /<path d="M327.5 28V48"/);
  const points = [
    { atMs: 0, value: 0 },
    { atMs: 1_000, value: 50 },
  ];
  assert.match(drawSeries({ title: 'x', unit: '%', points }, [], span), /points="190,148 740,28"/);
});
