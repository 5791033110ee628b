// All commands, in the order of the help.

import type { Command } from '../command.ts';
import { accessCommands } from './access.ts';
import { alertCommands } from './alerts.ts';
import { assetsCommand } from './assets.ts';
import { auditCommands } from './audit.ts';
import { captionCommands } from './captions.ts';
import { changeCommands } from './changes.ts';
import { checkCommand } from './check.ts';
import { configCheckCommand, configReferenceCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { importCancelCommand, importCommand, importsCommand } from './import.ts';
import { incidentStatusCommands } from './incident-status.ts';
import { incidentCommands } from './incidents.ts';
import { encodingCommands, jobCommands } from './jobs.ts';
import { liveCommands } from './live.ts';
import { notificationCommands } from './notifications.ts';
import { oncallCommands } from './oncall.ts';
import { orderCommands } from './orders.ts';
import { processCommands } from './processes.ts';
import { projectCommands } from './projects.ts';
import { readinessCommand } from './readiness.ts';
import { runbookCommands } from './runbook.ts';
import { sessionCommands } from './sessions.ts';
import { sloCommands } from './slo.ts';
import { storageCommands } from './storage.ts';
import { swarmCommand } from './swarm.ts';
import { tokenCommands } from './tokens.ts';
import { uploadCommand } from './upload.ts';
import { webhookCommands } from './webhooks.ts';
import {
  drainCommand,
  joinTokenCommand,
  regionsCommand,
  restoreCommand,
  steeringExplainCommand,
} from './world.ts';

export const commands: readonly Command[] = [
  ...processCommands,
  uploadCommand,
  importCommand,
  importCancelCommand,
  importsCommand,
  assetsCommand,
  ...captionCommands,
  ...liveCommands,
  ...incidentCommands,
  ...incidentStatusCommands,
  ...changeCommands,
  ...jobCommands,
  regionsCommand,
  ...encodingCommands,
  drainCommand,
  restoreCommand,
  steeringExplainCommand,
  joinTokenCommand,
  ...orderCommands,
  ...sessionCommands,
  ...runbookCommands,
  swarmCommand,
  checkCommand,
  ...projectCommands,
  ...storageCommands,
  ...sloCommands,
  ...alertCommands,
  ...notificationCommands,
  ...webhookCommands,
  ...oncallCommands,
  readinessCommand,
  ...tokenCommands,
  ...accessCommands,
  ...auditCommands,
  doctorCommand,
  configCheckCommand,
  configReferenceCommand,
];
