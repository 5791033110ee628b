// Whether a service is ready for trouble: has it an objective, a runbook, an owner, somebody on call, dashboards, a tested
// backup, a recent drill. Each finding says what was found, or what is missing and how to add it.
//
// Limits: dashboards and backups are taken as they are declared; nobody follows the links or restores anything.

const DAY_MS = 86_400_000;
/** A backup whose restoring was last tried longer ago is one of unknown worth. */
export const RESTORE_TESTED_WITHIN_MS = 90 * DAY_MS;

export type ReadinessCheck = 'slo' | 'runbook' | 'owner' | 'oncall' | 'dashboards' | 'backup' | 'drill';

export interface ServiceFacts {
  readonly name: string;
  /** Names of its objectives. */
  readonly slos: readonly string[];
  /** Runbooks that its objectives name. */
  readonly sloRunbooks: readonly string[];
  /** What the configuration says of it. */
  readonly owner: string | null;
  readonly runbooks: readonly string[];
  readonly dashboards: readonly string[];
  readonly backup: { readonly description: string; readonly restoreTestedAtMs: number | null } | null;
  /** Of the escalation policy that pages for it; null: that of the rota. */
  readonly policyId: string | null;
}

export interface ReadinessView {
  readonly runbookIds: ReadonlySet<string>;
  /** The policies of the rota in force, with those who would be paged first now. */
  readonly policies: ReadonlyMap<string, readonly string[]>;
  readonly defaultPolicyId: string | null;
}

export interface ReadinessFinding {
  readonly check: ReadinessCheck;
  /** unavailable: Meridian cannot tell yet, so that it does not count. */
  readonly state: 'met' | 'missing' | 'unavailable';
  /** What was found, or what is missing. */
  readonly text: string;
  /** How to add it; null when nothing is missing. */
  readonly action: string | null;
}

/** Every check of a service, in the order in which people should mend them. */
export function judgeService(facts: ServiceFacts, view: ReadinessView, nowMs: number): ReadinessFinding[] {
  return [
    judgeSlo(facts),
    judgeOwner(facts),
    judgeOncall(facts, view),
    judgeRunbook(facts, view),
    judgeDashboards(facts),
    judgeBackup(facts, nowMs),
    { check: 'drill', state: 'unavailable', text: 'Never: Meridian has no drills yet', action: null },
  ];
}

const met = (check: ReadinessCheck, text: string): ReadinessFinding => ({
  check,
  state: 'met',
  text,
  action: null,
});
const missing = (check: ReadinessCheck, text: string, action: string): ReadinessFinding => ({
  check,
  state: 'missing',
  text,
  action,
});

function judgeSlo({ name, slos }: ServiceFacts): ReadinessFinding {
  if (slos.length > 0) return met('slo', slos.join(', '));
  return missing(
    'slo',
    'No objective says how well it must work',
    `Write one with \`service: ${name}\` in OpenSLO and apply it with \`meridian slo apply FILE\`.`,
  );
}

function judgeOwner({ name, owner }: ServiceFacts): ReadinessFinding {
  if (owner !== null) return met('owner', owner);
  return missing('owner', 'Nobody owns it', `Name a team under \`services.${name}.owner\` in meridian.yaml.`);
}

function judgeOncall({ name, policyId }: ServiceFacts, view: ReadinessView): ReadinessFinding {
  const id = policyId ?? view.defaultPolicyId;
  const apply = 'Apply a rota with `meridian oncall apply FILE`.';
  if (id === null) return missing('oncall', 'There is no rota: nobody is paged', apply);
  const people = view.policies.get(id);
  if (people === undefined)
    return missing(
      'oncall',
      `The rota has no policy ${id}`,
      `Add it to the rota, or name another one under \`services.${name}.policy\` in meridian.yaml.`,
    );
  if (people.length === 0)
    return missing('oncall', `Nobody would be paged by ${id} now`, 'Fill the gap in its schedule.');
  return met('oncall', `${people.join(', ')} by ${id}`);
}

function judgeRunbook({ name, runbooks, sloRunbooks }: ServiceFacts, view: ReadinessView): ReadinessFinding {
  const gone = runbooks.filter((id) => !view.runbookIds.has(id));
  if (gone.length > 0)
    return missing(
      'runbook',
      `There is no runbook ${gone.join(', ')}`,
      `Save it with \`meridian runbook save FILE\`, or correct \`services.${name}.runbooks\`.`,
    );
  const all = [...new Set([...runbooks, ...sloRunbooks])];
  if (all.length > 0) return met('runbook', all.join(', '));
  return missing(
    'runbook',
    'No runbook says what to do',
    `Name one under \`services.${name}.runbooks\`, or in the annotation meridian/runbook of its objective.`,
  );
}

function judgeDashboards({ name, dashboards }: ServiceFacts): ReadinessFinding {
  if (dashboards.length > 0) return met('dashboards', dashboards.join(', '));
  return missing(
    'dashboards',
    'No dashboard is known',
    `Put links under \`services.${name}.dashboards\` in meridian.yaml; deploy/grafana has one to begin with.`,
  );
}

function judgeBackup({ name, backup }: ServiceFacts, nowMs: number): ReadinessFinding {
  const where = `\`services.${name}.backup\` in meridian.yaml`;
  if (backup === null)
    return missing(
      'backup',
      'No backup is declared',
      `Say what is backed up, and when restoring was last tried, under ${where}.`,
    );
  if (backup.restoreTestedAtMs === null)
    return missing(
      'backup',
      `${backup.description}; restoring was never tried`,
      `Restore it somewhere, and put the date into \`restoreTested\` of ${where}.`,
    );
  const days = Math.floor((nowMs - backup.restoreTestedAtMs) / DAY_MS);
  if (nowMs - backup.restoreTestedAtMs > RESTORE_TESTED_WITHIN_MS)
    return missing(
      'backup',
      `${backup.description}; restoring was tried ${days} days ago`,
      `Try it again (at most 90 days ago), and put the date into \`restoreTested\` of ${where}.`,
    );
  return met('backup', `${backup.description}; restored ${days} days ago`);
}
