// What is changed for a while, now and to come.

import { useState } from 'react';
import type { OverrideView } from '../../../src/contract/api/oncall.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { momentText } from './describe-oncall.ts';
import { type OncallScene, scheduleName } from './oncall-data.ts';
import { OverrideDialog } from './override-dialogs.tsx';

const REFRESH_MS = 10_000;
const HOUR_MS = 3_600_000;

/** The list, and a button for one more. */
export function OverridesSection({ scene }: { scene: OncallScene }) {
  const overrides = useLive(
    'oncall',
    'overrides',
    (signal) => call('GET /v1/oncall/overrides', {}, signal),
    REFRESH_MS,
  );
  const [isAdding, setIsAdding] = useState(false);
  const [removing, setRemoving] = useState<OverrideView>();
  const list = overrides.data?.overrides;
  const [first] = scene.rota.schedules;
  return (
    <section className="card" aria-label="Overrides">
      <div className="card-head">
        <h2>Overrides</h2>
        {may('operator') && (
          <button type="button" className="button compact" onClick={() => setIsAdding(true)}>
            <Icon name="plus" />
            Override
          </button>
        )}
      </div>
      {list === undefined ? (
        overrides.error === undefined ? (
          <SkeletonRows count={2} />
        ) : (
          <LoadFailed what="Overrides" error={overrides.error} onRetry={() => void overrides.refresh()} />
        )
      ) : list.length === 0 ? (
        <p className="card-body soft">
          Everybody has the shifts that the rota gives. Choose a shift in the calendar to give it to somebody
          else.
        </p>
      ) : (
        <ul className="override-list">
          {list.map((override) => (
            <OverrideRow
              key={override.id}
              override={override}
              scene={scene}
              onRemove={() => setRemoving(override)}
            />
          ))}
        </ul>
      )}
      {isAdding && first !== undefined && (
        <OverrideDialog
          scene={scene}
          scheduleId={first.id}
          fromMs={scene.nowMs}
          untilMs={scene.nowMs + 8 * HOUR_MS}
          onClose={() => setIsAdding(false)}
        />
      )}
      {removing !== undefined && (
        <RemoveDialog override={removing} scene={scene} onClose={() => setRemoving(undefined)} />
      )}
    </section>
  );
}

interface OverrideRowProps {
  readonly override: OverrideView;
  readonly scene: OncallScene;
  readonly onRemove: () => void;
}

function OverrideRow({ override, scene, onRemove }: OverrideRowProps) {
  const { names, nowMs, zone } = scene;
  const isRunning = override.fromMs <= nowMs;
  return (
    <li>
      <div>
        <strong>{names.get(override.userId) ?? override.userId}</strong>
        <span className="soft"> in {scheduleName(scene, override.scheduleId)}</span>{' '}
        <span className={isRunning ? 'pill busy' : 'pill'}>{isRunning ? 'Now' : 'To come'}</span>
        <div className="soft small">
          {momentText(override.fromMs, zone)} to {momentText(override.untilMs, zone)}
        </div>
        <div className="faint small">
          {override.reason === '' ? '' : `${override.reason}, `}
          by {override.createdBy}
        </div>
      </div>
      {may('operator') && (
        <button type="button" className="icon-button" aria-label="Take back this override" onClick={onRemove}>
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}

function RemoveDialog({
  override,
  scene,
  onClose,
}: Omit<OverrideRowProps, 'onRemove'> & { onClose: () => void }) {
  const remove = async (): Promise<void> => {
    await call('DELETE /v1/oncall/overrides/{overrideId}', { params: { overrideId: override.id } });
    tell('The override counts no more');
    scene.refresh();
    onClose();
  };
  return (
    <QuestionDialog title="Take back this override?" action="Take back" onConfirm={remove} onClose={onClose}>
      <p>
        {scheduleName(scene, override.scheduleId)} goes back to whoever the rota names, from now on. What was
        until now stays true.
      </p>
    </QuestionDialog>
  );
}
