// What can be done with a job: put it first or last, end it, begin it anew.

import type { JobView } from '../../../src/contract/api/jobs.ts';
import type { JobPriority } from '../../../src/contract/priority.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import type { MenuItem } from '../ui/menu.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { isOpen, PRIORITY_LABELS } from './describe-job.ts';

export interface JobActions {
  readonly open: (jobId: string) => void;
  readonly askCancel: (job: JobView) => void;
  readonly onChanged: () => void;
}

async function prioritise(job: JobView, priority: JobPriority, { onChanged }: JobActions): Promise<void> {
  try {
    await call('PATCH /v1/jobs/{jobId}', { params: { jobId: job.id }, body: { priority } });
    tell(`${job.assetName}: priority ${PRIORITY_LABELS[priority].toLowerCase()}`);
    onChanged();
  } catch (error) {
    tellFailure('The priority stays', error);
  }
}

/** Begins anew what failed or was cancelled. */
export async function retryJob(job: JobView, onChanged: () => void): Promise<void> {
  try {
    await call('POST /v1/assets/{assetId}/retry', { params: { assetId: job.assetId } });
    tell(`${job.assetName} is processed again`);
    onChanged();
  } catch (error) {
    tellFailure(`${job.assetName} could not be processed again`, error);
  }
}

/** The menu of a job, the same in the list and in its dialog. */
export function jobMenu(job: JobView, actions: JobActions): MenuItem[] {
  const mayNot = !may('operator');
  const priorities: readonly JobPriority[] = ['high', 'normal', 'low'];
  return [
    { label: 'Details…', icon: 'jobs', onSelect: () => actions.open(job.id) },
    { label: 'Open the asset', icon: 'external', onSelect: () => navigate('assets', job.assetId) },
    ...(isOpen(job)
      ? priorities
          .filter((priority) => priority !== job.priority)
          .map((priority, index) => ({
            label: `Priority: ${PRIORITY_LABELS[priority].toLowerCase()}`,
            icon: 'clock' as const,
            startsGroup: index === 0,
            isDisabled: mayNot,
            onSelect: () => void prioritise(job, priority, actions),
          }))
      : []),
    ...(job.state === 'dead' || job.state === 'cancelled'
      ? [
          {
            label: 'Process again',
            icon: 'retry' as const,
            startsGroup: true,
            isDisabled: mayNot,
            onSelect: () => void retryJob(job, actions.onChanged),
          },
        ]
      : []),
    ...(isOpen(job)
      ? [
          {
            label: 'Cancel…',
            icon: 'close' as const,
            isDanger: true,
            startsGroup: true,
            isDisabled: mayNot,
            onSelect: () => actions.askCancel(job),
          },
        ]
      : []),
  ];
}

interface CancelJobProps {
  readonly job: JobView;
  readonly onClose: () => void;
  readonly onCancelled: () => void;
}

/** Asks before a job is ended. */
export function CancelJobDialog({ job, onClose, onCancelled }: CancelJobProps) {
  const cancel = async (): Promise<void> => {
    await call('POST /v1/jobs/{jobId}/cancel', { params: { jobId: job.id } });
    tell(`The processing of ${job.assetName} was cancelled`);
    onCancelled();
  };
  return (
    <QuestionDialog
      title="Cancel this job?"
      action="Cancel the job"
      isDanger
      onConfirm={cancel}
      onClose={onClose}
    >
      <p>
        Encoders stop with <strong className="dialog-name">{job.assetName}</strong> within seconds, and what
        they have made of it is lost. The source stays; it can be processed again from here.
      </p>
    </QuestionDialog>
  );
}
