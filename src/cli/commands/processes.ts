// The commands that start processes. They stand apart from the others, so that a process that starts, or starts again,
// loads nothing of what people type.

import type { Command } from '../command.ts';
import { controlCommand, nodeCommand } from './serve.ts';
import { upCommand } from './up.ts';

export const processCommands: readonly Command[] = [upCommand, controlCommand, nodeCommand];
