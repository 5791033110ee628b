// Icons of the kinds of steps.

import type { IconName } from '../ui/icon.tsx';
import type { StepKind } from './describe-runbook.ts';

export const STEP_ICONS: Readonly<Record<StepKind, IconName>> = {
  check: 'check',
  action: 'play',
  wait: 'clock',
  approval: 'help',
};
