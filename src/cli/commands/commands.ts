// All commands, in the order of the help.

import type { Command } from '../command.ts';
import { assetsCommand } from './assets.ts';
import { checkCommand } from './check.ts';
import { configCheckCommand, configReferenceCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { controlCommand, nodeCommand } from './serve.ts';
import { upCommand } from './up.ts';
import { uploadCommand } from './upload.ts';
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
  assetsCommand,
  regionsCommand,
  drainCommand,
  restoreCommand,
  steeringExplainCommand,
  joinTokenCommand,
  checkCommand,
  doctorCommand,
  configCheckCommand,
  configReferenceCommand,
];
