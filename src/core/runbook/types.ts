// What a runbook is, once its parameters are filled in, and what a run of it remembers. The YAML in which people write
// runbooks is read by contract/runbook.ts into these shapes.

/** What a parameter may hold. Places and nodes are checked against the world when a run starts. */
export type ParameterType =
  | 'region'
  | 'site'
  | 'place'
  | 'node'
  | 'broadcast'
  | 'project'
  | 'asset'
  | 'change'
  | 'text'
  | 'share'
  | 'count'
  | 'duration';

export interface ParameterSpec {
  readonly type: ParameterType;
  readonly description: string;
  readonly default?: string | undefined;
}

/** Who may approve a step. */
export type ApproverRole = 'operator' | 'admin';

/** Something that a run changes. Each one names a state to be reached, so that doing it twice changes nothing more. */
export type Action =
  /** Steers viewers away from a site or a region, then refuses media there. */
  | { readonly kind: 'drain'; readonly target: string }
  /** Ends the drain of at least this share of the target's sites, in their order. */
  | { readonly kind: 'restore'; readonly target: string; readonly share: number }
  | { readonly kind: 'pause_encoding'; readonly region: string }
  | { readonly kind: 'resume_encoding'; readonly region: string }
  /** Lets the encoders of a region work on so many jobs and chunks at once, all together. */
  | { readonly kind: 'scale_encoders'; readonly region: string; readonly count: number }
  /** Gives the region the number back that it had before this run scaled it; what others ordered since stays. */
  | { readonly kind: 'unscale_encoders'; readonly region: string }
  /** Makes the channel in this region the one that edges pull from. */
  | { readonly kind: 'lead_broadcast'; readonly broadcast: string; readonly region: string }
  /** Gives the broadcast a channel in this region, beside those that it has. */
  | { readonly kind: 'add_channel'; readonly broadcast: string; readonly region: string }
  /** The same in the place of its last backup. */
  | { readonly kind: 'move_channel'; readonly broadcast: string; readonly region: string }
  /** Moves the channel that the step moved to this region back to where it was, `to`: known once it has moved. */
  | {
      readonly kind: 'return_channel';
      readonly broadcast: string;
      readonly region: string;
      readonly to?: string;
    }
  /** Ends the channel in this region, where two others are left. */
  | { readonly kind: 'remove_channel'; readonly broadcast: string; readonly region: string }
  /** Lets every broadcast that is led from the target be led from its channel elsewhere, where it has one. */
  | { readonly kind: 'leave_broadcasts'; readonly target: string }
  /** Lets every edge drop what it keeps of a project or an asset. */
  | { readonly kind: 'purge'; readonly project: string; readonly asset: string | null }
  /** The process of a node ends, and its supervisor starts it again. */
  | { readonly kind: 'restart_node'; readonly node: string }
  /** Turns away what is worth less than the floor; of a region or everywhere, of a project or of all. */
  | {
      readonly kind: 'throttle';
      readonly region: string | null;
      readonly project: string | null;
      readonly floor: 'video' | 'live';
    }
  | { readonly kind: 'end_throttle'; readonly region: string | null; readonly project: string | null }
  /** Leaves a site this part of what steering would send there; 1 leaves it all. */
  | { readonly kind: 'shift_traffic'; readonly site: string; readonly share: number }
  /** Gives a setting back the value that it had before this change. */
  | { readonly kind: 'revert_change'; readonly change: number };

interface ConditionFrame {
  /** How long it must hold without a break. */
  readonly holdMs: number;
  /** How it counts while there is nothing to measure. */
  readonly withoutData: 'met' | 'unmet';
}

/** Something that is measured and compared. */
export type Condition = ConditionFrame &
  (
    | { readonly kind: 'site_state'; readonly target: string; readonly is: 'up' | 'draining' | 'down' }
    /** Every site has a live edge that says it is ready. */
    | { readonly kind: 'sites_ready'; readonly target: string }
    | { readonly kind: 'node_ready'; readonly node: string }
    /** The node belongs to the site or region. */
    | { readonly kind: 'node_at'; readonly node: string; readonly target: string }
    /** The target's share of all egress. */
    | { readonly kind: 'traffic_share'; readonly target: string; readonly below: number }
    /** The largest share of any viewer group that steering sends to the target. */
    | { readonly kind: 'steered_share'; readonly target: string; readonly below: number }
    /** Without the target and the largest other site, the rest can still carry everything. */
    | { readonly kind: 'spare_capacity'; readonly without: string }
    /** Share of bad events in a series over a window; of one site or region, or of all. */
    | {
        readonly kind: 'bad_share';
        readonly series: string;
        readonly target: string | null;
        readonly labels: Readonly<Record<string, string>>;
        readonly bad: readonly string[];
        readonly windowMs: number;
        readonly below: number;
      }
    /** No alert with these labels fires. */
    | { readonly kind: 'alerts_quiet'; readonly labels: Readonly<Record<string, string>> }
    | { readonly kind: 'encoding'; readonly region: string; readonly is: 'paused' | 'running' }
    /** The encoders of the region take so many jobs and chunks at once, all together. */
    | { readonly kind: 'encoders_scaled'; readonly region: string; readonly count: number }
    /** No encoder of the region works on anything. */
    | { readonly kind: 'encoders_idle'; readonly region: string }
    /** The region has a channel of the broadcast. */
    | { readonly kind: 'broadcast_channel'; readonly broadcast: string; readonly region: string }
    /** Edges pull the broadcast from this region. */
    | { readonly kind: 'broadcast_led'; readonly broadcast: string; readonly region: string }
    /** Nothing that is on air and has a channel elsewhere is led from the target. */
    | { readonly kind: 'broadcasts_left'; readonly target: string }
    /** Every edge that is alive says that it has dropped it, since the newest purge. */
    | { readonly kind: 'purged'; readonly project: string; readonly asset: string | null }
    /** The node has come back since its newest order to restart. */
    | { readonly kind: 'node_restarted'; readonly node: string }
  );

interface StepFrame {
  readonly id: string;
  readonly title: string;
  /** Must be met when the step begins. */
  readonly before: readonly Condition[];
  /** Must be met before the step counts as done, within `timeoutMs`. */
  readonly after: readonly Condition[];
  /** Must not be broken at any time while the step runs: the health gate. */
  readonly gate: readonly Condition[];
  readonly onFailure: 'stop' | 'rollback' | 'continue';
  /** What undoes the step. */
  readonly rollback: readonly Action[];
  readonly timeoutMs: number;
}

export type Step = StepFrame &
  (
    | { readonly kind: 'check'; readonly conditions: readonly Condition[] }
    | { readonly kind: 'action'; readonly action: Action }
    | { readonly kind: 'wait'; readonly conditions: readonly Condition[] }
    | { readonly kind: 'approval'; readonly role: ApproverRole; readonly ask: string }
  );

/** What a run may not exceed. A person can see and change it. */
export interface GuardPolicy {
  /** Whether incidents may start it without a person. */
  readonly isAutomatic: boolean;
  readonly runsPerHourMax: number;
  /** Share of all viewers that it may touch. */
  readonly viewerShareMax: number;
}

export interface Runbook {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly guards: GuardPolicy;
  readonly steps: readonly Step[];
}

/** What was seen of a condition. `isMet` is null while there is nothing to measure. */
export interface Observation {
  readonly isMet: boolean | null;
  readonly value: number | null;
  readonly limit: number | null;
  /** A sentence without its full stop: what was compared. */
  readonly text: string;
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed';

export interface StepRecord {
  readonly id: string;
  readonly state: StepState;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  /** Of the newest look at its conditions. */
  readonly observations: readonly Observation[];
  readonly approvedBy: string | null;
  /** Its action was handed out, so that it may have happened. */
  readonly isActed: boolean;
  readonly isRolledBack: boolean;
  /** Region whose channel its action moved away; absent: none. */
  readonly leftRegionId?: string;
  /** Taking longer than such steps ever did, since then. */
  readonly stuckSinceMs: number | null;
}

export type RunStatus = 'running' | 'rolling_back' | 'succeeded' | 'failed' | 'rolled_back' | 'cancelled';

/** A line for timelines. */
export interface JournalEntry {
  /** Counts the entries of a run from 1. */
  readonly number: number;
  readonly atMs: number;
  readonly stepId: string | null;
  readonly text: string;
  readonly actor: string | null;
  /** Whether it changed the world. */
  readonly isChange: boolean;
}

/** Everything that a run must remember; plain JSON. */
export interface RunState {
  readonly status: RunStatus;
  /** Index of the current step. */
  readonly position: number;
  readonly stage: 'before' | 'work' | 'after';
  /** When work on the current step began; what timeouts count from. */
  readonly workSinceMs: number;
  /** Since when each condition of the stage has been met. */
  readonly metSinceMs: readonly (number | null)[];
  /** Key of the action that was handed out and has not been answered. */
  readonly pendingKey: string | null;
  readonly steps: readonly StepRecord[];
  /** What is left to undo, next first. */
  readonly undo: readonly { readonly step: number; readonly action: number }[];
  readonly pausedAtMs: number | null;
  /** How the run ends when everything is undone. */
  readonly endsAs: 'rolled_back' | 'cancelled';
  readonly failure: string | null;
  /** The newest entries. */
  readonly journal: readonly JournalEntry[];
  /** Number of the newest entry that others have been told. */
  readonly toldNumber: number;
}

export type RunEvent =
  /** Time has passed. */
  | { readonly kind: 'tick' }
  /** Conditions were looked at: those of the newest `observe` effect, in its order. */
  | { readonly kind: 'observed'; readonly at: string; readonly observations: readonly Observation[] }
  | {
      readonly kind: 'acted';
      readonly key: string;
      readonly isChange: boolean;
      readonly text: string;
      /** Region whose channel moved away; absent: none. */
      readonly leftRegionId?: string;
    }
  | { readonly kind: 'refused'; readonly key: string; readonly reason: string }
  | {
      readonly kind: 'approve' | 'reject';
      readonly stepId: string;
      readonly actor: string;
      /** Why; may be left out. */
      readonly note?: string;
    }
  | { readonly kind: 'pause' | 'resume'; readonly actor: string }
  | { readonly kind: 'cancel'; readonly actor: string; readonly isUndone: boolean }
  | { readonly kind: 'stuck'; readonly stepId: string; readonly limitMs: number }
  | { readonly kind: 'told'; readonly number: number };

export type RunEffect =
  /** Perform this, once for this key. */
  | { readonly kind: 'act'; readonly key: string; readonly action: Action }
  /** Look at these and answer with `observed`. */
  | { readonly kind: 'observe'; readonly at: string; readonly conditions: readonly Condition[] }
  /** Tell timelines of these entries and answer with `told`. */
  | { readonly kind: 'tell'; readonly entries: readonly JournalEntry[]; readonly number: number };
