// What on-call needs of others, and what it is to them.

/** Takes pages and delivers them: at least once, in order per subject, known to receivers by the key. */
export interface Notifier {
  /** Resolves when the message is kept durably; the same key again is the same message. */
  send(message: {
    readonly key: string;
    readonly subjectId: string;
    readonly channelId: string;
    readonly title: string;
    readonly text: string;
    readonly severity: string;
    readonly url: string;
    readonly details: Record<string, unknown>;
  }): Promise<void>;
}

/** What incidents are told. All of it may be repeated; entries with the same `details.key`. */
export interface IncidentTimeline {
  append(
    incidentId: string,
    entry: {
      readonly atMs: number;
      /** acknowledge: the actor has taken it. */
      readonly kind: 'page' | 'acknowledge';
      readonly text: string;
      readonly actor: string | null;
      readonly details?: Record<string, unknown>;
    },
  ): Promise<void>;
}

export interface OncallPorts {
  /** null: pages are kept until there is one. */
  readonly notifier: Notifier | null;
  readonly timeline: IncidentTimeline | null;
}

/** What incidents ask of on-call. All of it may be repeated. */
export interface Escalations {
  /**
   * Begins to page. For an incident that is paged already it is somebody's wish for more: the next step at once, or
   * from the beginning when the policy is another one; one that was stopped begins anew.
   */
  start(request: {
    readonly incidentId: string;
    readonly title: string;
    readonly severity: 'sev1' | 'sev2' | 'sev3' | 'sev4';
    /** null: the default policy. */
    readonly policyId: string | null;
    readonly url: string;
  }): Promise<void>;
  acknowledge(incidentId: string, userId: string): Promise<void>;
  stop(incidentId: string, reason: string): Promise<void>;
}
