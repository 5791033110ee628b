// What a person who signed in through a provider of identities may do, from the groups that the provider vouches for.
// The rule with the highest role counts; among rules of that role, one for the whole installation beats one for a
// project, and regions add up. No rule, no role: nobody gets in by being known alone.

export interface RoleRule {
  readonly group: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /** Absent: all. */
  readonly regions?: readonly string[] | undefined;
  /** Absent: all. */
  readonly project?: string | undefined;
}

export interface ChosenRole {
  readonly role: RoleRule['role'];
  /** null: all. */
  readonly regionIds: readonly string[] | null;
  /** null: all. */
  readonly projectId: string | null;
}

const RANK = { viewer: 0, operator: 1, admin: 2 } as const;

/** The role, or null when no rule names one of the groups. */
export function chooseRole(groups: readonly string[], rules: readonly RoleRule[]): ChosenRole | null {
  const own = rules.filter(({ group }) => groups.includes(group));
  const wide = own.filter(({ project }) => project === undefined);
  const best = highest(wide.length > 0 ? wide : own);
  if (best === undefined) return null;
  const { role, project } = best;
  if (project !== undefined) return { role, regionIds: null, projectId: project };
  const equal = wide.filter((rule) => rule.role === role);
  const regionIds = equal.some(({ regions }) => regions === undefined)
    ? null
    : [...new Set(equal.flatMap(({ regions }) => regions ?? []))];
  return { role, regionIds: role === 'operator' ? regionIds : null, projectId: null };
}

function highest(rules: readonly RoleRule[]): RoleRule | undefined {
  let best: RoleRule | undefined;
  for (const rule of rules) if (best === undefined || RANK[rule.role] > RANK[best.role]) best = rule;
  return best;
}

/** The groups in a claim: a list of texts, or one text. Anything else names none. */
export function groupsIn(claim: unknown): readonly string[] {
  const list = Array.isArray(claim) ? claim : [claim];
  return list.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
}
