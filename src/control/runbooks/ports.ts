// What runbooks need from other domains of control. Each is declared here by what is used of it.

export interface RunbookPorts {
  /** Series of telemetry; null: there is none. */
  readonly rollups: RollupReader | null;
  /** Alerts that fire; null: nobody judges. */
  readonly alerts: FiringAlerts | null;
  /** Where every change is put beside the graphs. */
  readonly changes: ChangeLog | null;
  /** Of incidents. */
  readonly timeline: IncidentTimeline | null;
}

/** A slice of one series: how many events in `stepMs` from `atMs` on. */
export interface RollupPoint {
  readonly atMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
}

export interface RollupReader {
  read(query: {
    name: string;
    labels: Readonly<Record<string, string>>;
    fromMs: number;
    toMs: number;
    stepMs: number;
  }): Promise<readonly RollupPoint[]>;
}

export interface FiringAlerts {
  firing(): readonly { readonly labels: Readonly<Record<string, string>> }[];
}

export interface ChangeLog {
  record(change: {
    kind: 'runbook';
    summary: string;
    actor: string;
    labels: Record<string, string>;
    atMs: number;
    details?: Record<string, unknown>;
  }): Promise<void>;
}

export interface IncidentTimeline {
  append(
    incidentId: string,
    entry: {
      atMs: number;
      kind: 'action' | 'note';
      text: string;
      actor: string | null;
      details?: Record<string, unknown>;
    },
  ): Promise<void>;
}

/** How incidents start runbooks. */
export interface RunbookStarter {
  /**
   * Starts a run, or finds the open one of the same runbook and parameters. An actor that is no person's token
   * (`token:…`) counts as automation: the runbook's policy must allow it. Refuses with `conflict` and every guard that
   * does not hold.
   */
  start(request: {
    runbookId: string;
    parameters: Record<string, string>;
    incidentId: string | null;
    actor: string;
  }): Promise<{ runId: string }>;
}
