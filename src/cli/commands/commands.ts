// All commands, in the order of the help.

import type { Command } from '../command.ts';
import { assetsCommand } from './assets.ts';
import { captionCommands } from './captions.ts';
import { checkCommand } from './check.ts';
import { configCheckCommand, configReferenceCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { importCancelCommand, importCommand, importsCommand } from './import.ts';
import { controlCommand, nodeCommand } from './serve.ts';
import { storageCommands } from './storage.ts';
import { swarmCommand } from './swarm.ts';
import { upCommand } from './up.ts';
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
  upCommand,
  controlCommand,
  nodeCommand,
  uploadCommand,
  importCommand,
  importCancelCommand,
  importsCommand,
  assetsCommand,
  ...captionCommands,
  regionsCommand,
  drainCommand,
  restoreCommand,
  steeringExplainCommand,
  joinTokenCommand,
  swarmCommand,
  checkCommand,
  ...storageCommands,
  ...webhookCommands,
  doctorCommand,
  configCheckCommand,
  configReferenceCommand,
];
