// Asks before a drain or a restore, and says with numbers what will happen.

import { useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { ApiError, call } from '../api.ts';
import { Dialog } from '../ui/dialog.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAge, formatBps, formatShare, listWords, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import { previewDrain, regionOfPathway } from './derive.ts';

export interface DrainTarget {
  /** A region or a site. */
  readonly id: string;
  readonly name: string;
  readonly siteIds: readonly string[];
  readonly isRestore: boolean;
}

interface DrainDialogProps {
  readonly world: WorldView;
  readonly target: DrainTarget;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The dialog, open while rendered. */
export function DrainDialog({ world, target, onClose, onDone }: DrainDialogProps) {
  const [isForced, setIsForced] = useState(false);
  const [isRefused, setIsRefused] = useState(false);
  const [warnings, setWarnings] = useState<readonly string[]>();
  const preview = previewDrain(world, new Set(target.siteIds));
  const needsForce = !target.isRestore && (preview.isLastHealthy || isRefused);

  const confirm = async (): Promise<void> => {
    const params = { target: target.id };
    const answer = target.isRestore
      ? await call('DELETE /v1/drains/{target}', { params })
      : await call('POST /v1/drains/{target}', { params, body: { isForced } }).catch((error: unknown) => {
          setIsRefused(error instanceof ApiError && error.code === 'conflict');
          throw error;
        });
    onDone();
    if (answer.warnings.length > 0) setWarnings(answer.warnings);
    else {
      tell(target.isRestore ? `${target.name} takes viewers again` : `${target.name} is draining`);
      onClose();
    }
  };

  if (warnings !== undefined)
    return <WarningsDialog name={target.name} warnings={warnings} onClose={onClose} />;
  return (
    <QuestionDialog
      title={target.isRestore ? `Restore ${target.name}?` : `Drain ${target.name}?`}
      action={target.isRestore ? 'Restore' : 'Drain'}
      isDanger={!target.isRestore}
      isBlocked={needsForce && !isForced}
      onConfirm={confirm}
      onClose={onClose}
    >
      {target.isRestore ? <RestoreText target={target} /> : <DrainText world={world} target={target} />}
      {needsForce && (
        <label className="checkbox">
          <input type="checkbox" checked={isForced} onChange={(event) => setIsForced(event.target.checked)} />
          <span>Drain all the same, although no other healthy site would be left</span>
        </label>
      )}
    </QuestionDialog>
  );
}

function DrainText({ world, target }: { readonly world: WorldView; readonly target: DrainTarget }) {
  const preview = previewDrain(world, new Set(target.siteIds));
  const isTight = !preview.isLastHealthy && preview.egressBps > preview.spareBps;
  return (
    <>
      <ol className="steps">
        <li>
          <strong>New viewers are steered away at once.</strong>
          {preview.moves.length === 0 ? (
            <span className="soft"> Nobody starts here now.</span>
          ) : (
            <ul className="drain-moves">
              {preview.moves.map((move) => (
                <li key={move.groupId}>
                  {formatShare(move.share, 0)} of the viewers near {regionName(world, move.groupId)} go to{' '}
                  <b className="drain-to">
                    {move.toPathwayIds.length === 0
                      ? 'nowhere else'
                      : listWords(move.toPathwayIds.map((id) => placeName(world, id)))}
                  </b>
                </li>
              ))}
            </ul>
          )}
        </li>
        <li>
          <strong>Players move over</strong>{' '}
          <span className="soft">
            when their steering answer runs out, within {formatAge(world.steering.ttlMs)}, without stopping.
          </span>
        </li>
        <li>
          <strong>Then media is refused here</strong>{' '}
          <span className="soft">
            and new uploads go to another region. Nothing stored is deleted; restore undoes it all.
          </span>
        </li>
      </ol>
      <p className="soft">
        {formatBps(preview.egressBps)} now; the other healthy sites have room for{' '}
        {formatBps(preview.spareBps)} more.
      </p>
      {preview.isLastHealthy && (
        <Warning text="No other healthy site would be left: viewers would have nowhere to go." />
      )}
      {isTight && (
        <Warning text="The others cannot carry all of this; some viewers would get a lower quality." />
      )}
    </>
  );
}

interface WarningsDialogProps {
  readonly name: string;
  readonly warnings: readonly string[];
  readonly onClose: () => void;
}

/** What control found worth saying after it did what was asked. */
function WarningsDialog({ name, warnings, onClose }: WarningsDialogProps) {
  return (
    <Dialog
      title={`${name}: done, with a warning`}
      onClose={onClose}
      footer={
        <button type="button" className="button primary" data-first-focus onClick={onClose}>
          Understood
        </button>
      }
    >
      {warnings.map((warning) => (
        <Warning key={warning} text={warning} />
      ))}
    </Dialog>
  );
}

function RestoreText({ target }: { readonly target: DrainTarget }) {
  return (
    <p>
      {plural(target.siteIds.length, 'site')} of {target.name} will take media requests and uploads again at
      once. Viewers come back step by step as steering allows, nearest first; nobody is interrupted.
    </p>
  );
}

function Warning({ text }: { readonly text: string }) {
  return (
    <div className="notice warn" role="alert">
      <Icon name="warning" />
      <strong>{text}</strong>
    </div>
  );
}

/** A site by the name of its region, and by its own when the region has several. */
function placeName(world: WorldView, pathwayId: string): string {
  const region = regionOfPathway(world, pathwayId);
  if (region === undefined) return pathwayId;
  return region.sites.length === 1 ? region.name : `${region.name} (${pathwayId})`;
}

function regionName(world: WorldView, regionId: string): string {
  return world.regions.find(({ id }) => id === regionId)?.name ?? regionId;
}
