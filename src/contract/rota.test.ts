import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { DAY_MS, HOUR_MS, parseDay } from '#base/time-zone.ts';
import { rotaSchema } from './rota.ts';

/** A rota of one layer that these keys change. */
function withLayer(changes: object): object {
  return {
    users: { ann: { name: 'Ann', timeZone: 'Europe/Dublin', contacts: ['ann-push'] } },
    schedules: { primary: { layers: [{ name: 'All', users: ['ann'], ...changes }] } },
    policies: {
      default: { steps: [{ notify: [{ schedule: 'primary' }] }], lastResort: { notify: [{ user: 'ann' }] } },
    },
  };
}

function layerOf(changes: object) {
  const rota = rotaSchema.parse(withLayer(changes));
  return defined(rota.schedules.get('primary')?.layers[0], 'its layer');
}

function problemsOf(value: object): string[] {
  const parsed = rotaSchema.safeParse(value);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('rotations, handovers and first days are read', () => {
  const monday = defined(parseDay('2027-01-04'), 'a Monday') * DAY_MS;
  const cases: [object, number, number][] = [
    [{ rotation: 'daily', startsOn: '2027-01-04' }, DAY_MS, monday + 9 * HOUR_MS],
    [
      { rotation: 'weekly', handoff: 'mon 10:30', startsOn: '2027-01-01' },
      7 * DAY_MS,
      monday + 10.5 * HOUR_MS,
    ],
    [
      { rotation: '2 weeks', handoff: 'Wednesday 00:00', startsOn: '2027-01-04' },
      14 * DAY_MS,
      monday + 2 * DAY_MS,
    ],
    [{ rotation: '12 hours', handoff: '06:00', startsOn: '2027-01-04' }, DAY_MS / 2, monday + 6 * HOUR_MS],
    [{ rotation: '3 days', handoff: '24:00', startsOn: '2027-01-03' }, 3 * DAY_MS, monday],
  ];
  for (const [changes, stepMs, anchorWallMs] of cases)
    assert.deepEqual(layerOf(changes).rotation, { stepMs, anchorWallMs }, JSON.stringify(changes));
});

test('hours are read as parts of a week', () => {
  const windows = (...during: object[]) =>
    layerOf({ during }).windows.map(({ startMinute, minutes }) => [startMinute, minutes]);
  assert.deepEqual(windows({ days: 'mon-fri', from: '09:00', to: '17:00' }), [
    [540, 480],
    [1_980, 480],
    [3_420, 480],
    [4_860, 480],
    [6_300, 480],
  ]);
  assert.deepEqual(windows({ days: 'sun', from: '22:00', to: '06:00' }), [[6 * 1_440 + 1_320, 480]]);
  assert.deepEqual(windows({ days: 'sat-mon', from: '00:00', to: '24:00' }), [
    [0, 1_440],
    [5 * 1_440, 1_440],
    [6 * 1_440, 1_440],
  ]);
  assert.deepEqual(windows({ from: 'fri 17:00', to: 'mon 09:00' }), [[4 * 1_440 + 1_020, 3_840]]);
  assert.deepEqual(windows({ from: 'mon 09:00', to: 'mon 09:00' }), [[540, 10_080]]);
  assert.equal(windows({ from: '09:00', to: '17:00' }).length, 7);
  assert.equal(
    windows({ days: 'weekdays', from: '1:00', to: '2:00' }, { days: 'weekends', from: '3:00', to: '4:00' })
      .length,
    7,
  );
});

test('what cannot be read is named with an example', () => {
  const cases: [object, RegExp][] = [
    [
      { rotation: 'fortnightly' },
      /^schedules\.primary\.layers\.0\.rotation: "fortnightly" is not a rotation such as daily/,
    ],
    [{ rotation: '1 hour' }, /at least 4 hours/],
    [{ rotation: '0 days' }, /is not a rotation/],
    [{ handoff: '25:00' }, /handoff: "25:00" is not a time such as 09:00 or mon 09:00/],
    [{ handoff: 'noon' }, /is not a time/],
    [{ startsOn: '2027-02-30' }, /is not a date such as 2027-01-04/],
    [{ timeZone: 'Europe/Dubln' }, /"Europe\/Dubln" is no time zone such as Europe\/Dublin/],
    [{ users: [] }, /users/],
    [{ users: ['an'] }, /there is no user "an" \(did you mean "ann"\?\)/],
    [{ during: [{ days: 'someday', from: '09:00', to: '10:00' }] }, /is not days such as mon-fri/],
    [{ during: [{ from: 'fri 09:00', to: '10:00' }] }, /name a day in both "from" and "to"/],
    [{ during: [{ days: 'fri', from: 'fri 09:00', to: 'sat 10:00' }] }, /name a day in both/],
    [{ rotaton: 'daily' }, /rotaton/],
  ];
  for (const [changes, expected] of cases)
    assert.match(problemsOf(withLayer(changes)).join('\n'), expected, JSON.stringify(changes));
});

test('names that lead nowhere are named, also in policies', () => {
  const base = withLayer({}) as { policies: object };
  const target = (notify: object) => ({
    ...base,
    policies: { default: { steps: [{ notify: [notify] }], lastResort: { notify: [{ channel: 'room' }] } } },
  });
  assert.match(
    problemsOf(target({ schedule: 'primry' })).join(),
    /^policies\.default\.steps\.0\.notify\.0\.schedule: there is no schedule "primry" \(did you mean "primary"\?\)/,
  );
  assert.match(problemsOf(target({ pager: 'x' })).join(), /name one of: schedule, user, channel/);
  assert.match(problemsOf({ ...base, defaultPolicy: 'defalt' }).join(), /there is no policy "defalt"/);
  assert.match(problemsOf({ ...base, policies: {} }).join(), /there is no policy/);
  assert.deepEqual(problemsOf(target({ user: 'ann' })), []);
  const names = ['__proto__', 'constructor', 'toString'];
  for (const name of names) assert.notDeepEqual(problemsOf(target({ user: name })), [], name);
});

test('no rota is larger than can be judged in a moment', () => {
  const hours = Array.from({ length: 50 }, () => ({ from: '09:00', to: '10:00' }));
  const layers = Array.from({ length: 100 }, (_, index) => ({
    name: `L${index}`,
    users: ['ann'],
    during: hours,
  }));
  assert.match(
    problemsOf({ ...withLayer({}), schedules: { primary: { layers } } }).join(),
    /there are 35000 windows; 500 may be/,
  );
});
