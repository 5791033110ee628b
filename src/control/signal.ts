// From signal to repair: who hears whom. Telemetry feeds the budgets, their burn the alerts; alerts that hang together
// open an incident, which pages people and starts runbooks; both write into its timeline.

import type { Action } from '#core/runbook/types.ts';
import { type BreakGlass, createBreakGlass } from './access/break-glass.ts';
import { type Alerts, createAlerts } from './alerting/alerts.ts';
import { createChangeLog, topologyOf } from './changes/changes.ts';
import type { ControlContext } from './context.ts';
import type { Fleet } from './fleet/fleet.ts';
import { createIncidents, type Incidents } from './incidents/incidents.ts';
import { createAlertChannels } from './notifications/alert-channels.ts';
import { createChannelSender } from './notifications/channel-sender.ts';
import { createMailSender } from './notifications/mail-sender.ts';
import { createNotifier, type Notifier } from './notifications/notifier.ts';
import { createOncall, type Oncall } from './oncall/oncall.ts';
import { createSender } from './outbox/send.ts';
import { createRunbooks, type Runbooks } from './runbooks/runbooks.ts';
import { createSlos, type Slos } from './slo/slos.ts';
import type { Steering } from './steering/steering.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

export interface Signal {
  readonly telemetry: Telemetry;
  readonly slos: Slos;
  readonly alerts: Alerts;
  readonly notifier: Notifier;
  readonly oncall: Oncall;
  readonly breakGlass: BreakGlass;
  readonly runbooks: Runbooks;
  readonly incidents: Incidents;
}

export interface SignalDependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly steering: Steering;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
  term(): number;
  controlUrl(): string;
  /** A runbook has changed the world. */
  onAction(action: Action): Promise<void>;
}

/** Creates the domains of the way from signal to repair. */
export function createSignal({
  context,
  fleet,
  steering,
  mayWork,
  term,
  controlUrl,
  onAction,
}: SignalDependencies): Signal {
  const telemetry = createTelemetry(context);
  const slos = createSlos(context, telemetry);
  const alerts = createAlerts(context, telemetry, slos.signals);
  const sender = createChannelSender(
    createSender(context.config.notifications),
    createMailSender(context.config.notifications.mailServers),
  );
  const notifier = createNotifier({ context, mayWork, term }, sender);
  alerts.onChange(createAlertChannels(context, notifier));
  const append: Incidents['append'] = (incidentId, entry) => incidents.append(incidentId, entry);
  const timeline = { append };
  const oncall = createOncall({ context, mayWork, ports: { notifier, timeline } });
  const runbooks = createRunbooks({
    context,
    fleet,
    steering,
    ports: { rollups: telemetry, alerts, changes: createChangeLog(context), timeline },
    mayWork,
    onChange: onAction,
  });
  const incidents = createIncidents({
    context,
    alerts,
    escalations: oncall.escalations,
    runbooks,
    series: telemetry,
    indicatorOf: (name) =>
      slos
        .stored()
        .flatMap(({ read }) => read.definitions)
        .find((slo) => slo.name === name)?.indicator,
    topology: () => topologyOf(fleet),
    urlOf: (incidentId) => `${controlUrl()}/#/incidents/${incidentId}`,
    mayWork,
  });
  const breakGlass = createBreakGlass(context, oncall.engine);
  return { breakGlass, telemetry, slos, alerts, notifier, oncall, runbooks, incidents };
}
