// Pages that are open: how far each has come, whom it reached, and taking it.

import { useState } from 'react';
import type { EscalationView } from '../../../src/contract/api/oncall.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatClock } from '../ui/format.ts';
import { SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { lengthText, pageState, reasonText } from './describe-oncall.ts';
import { type OncallScene, userOptions } from './oncall-data.ts';

const REFRESH_MS = 2_000;
const SHOWN_MAX = 50;

/** Open pages; nothing when there are none. */
export function PagesSection({ scene }: { scene: OncallScene }) {
  const pages = useLive(
    'oncall',
    'pages',
    (signal) => call('GET /v1/oncall/escalations', { query: { limit: SHOWN_MAX } }, signal),
    REFRESH_MS,
  );
  const [taking, setTaking] = useState<EscalationView>();
  const [shown, setShown] = useState<EscalationView>();
  const open = pages.data?.escalations.filter(({ status }) => status !== 'stopped') ?? [];
  if (open.length === 0) return null;
  return (
    <section className="card open-pages" aria-label="Open pages">
      <div className="card-head">
        <h2>Open pages</h2>
      </div>
      <ul>
        {open.map((page) => (
          <PageRow
            key={page.incidentId}
            page={page}
            scene={scene}
            onTake={() => setTaking(page)}
            onShow={() => setShown(page)}
            onChanged={() => void pages.refresh()}
          />
        ))}
      </ul>
      {taking !== undefined && (
        <AcknowledgeDialog
          page={taking}
          scene={scene}
          onDone={() => void pages.refresh()}
          onClose={() => setTaking(undefined)}
        />
      )}
      {shown !== undefined && (
        <EntriesDialog page={shown} scene={scene} onClose={() => setShown(undefined)} />
      )}
    </section>
  );
}

interface PageRowProps {
  readonly page: EscalationView;
  readonly scene: OncallScene;
  readonly onTake: () => void;
  readonly onShow: () => void;
  readonly onChanged: () => void;
}

function PageRow({ page, scene, onTake, onShow, onChanged }: PageRowProps) {
  const { names, nowMs } = scene;
  const state = pageState(page, names);
  const params = { incidentId: page.incidentId };
  const act = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      await run();
      tell(what);
    } catch (error) {
      tellFailure('That could not be done', error);
    }
    onChanged();
  };
  return (
    <li>
      <div className="page-words">
        <div className="row wrap">
          <span className={`pill ${state.tone}`}>{state.text}</span>
          <strong>{page.title}</strong>
          <span className="tag">{page.severity}</span>
        </div>
        <div className="soft small">
          began {formatAgo(page.startedAtMs, nowMs)}
          {page.status === 'paging' &&
            page.nextAtMs !== null &&
            `, the next is told in ${lengthText(Math.max(0, page.nextAtMs - nowMs))}`}
        </div>
      </div>
      <div className="row wrap">
        <button type="button" className="button compact quiet" onClick={onShow}>
          Whom it reached
        </button>
        {may('operator') && page.status === 'paging' && (
          <button
            type="button"
            className="button compact"
            onClick={() =>
              void act('The next step is told', () =>
                call('POST /v1/oncall/escalations/{incidentId}/escalate', { params }),
              )
            }
          >
            Next step now
          </button>
        )}
        {may('operator') && page.status !== 'acknowledged' && (
          <button type="button" className="button compact primary" onClick={onTake}>
            Acknowledge
          </button>
        )}
        {may('operator') && page.status === 'acknowledged' && (
          <button
            type="button"
            className="button compact"
            onClick={() =>
              void act('The page is over', () =>
                call('POST /v1/oncall/escalations/{incidentId}/stop', { params, body: { reason: '' } }),
              )
            }
          >
            End
          </button>
        )}
      </div>
    </li>
  );
}

interface AcknowledgeDialogProps {
  readonly page: EscalationView;
  readonly scene: OncallScene;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function AcknowledgeDialog({ page, scene, onDone, onClose }: AcknowledgeDialogProps) {
  const options = userOptions(scene);
  const [userId, setUserId] = useState(options[0]?.value ?? '');
  const acknowledge = async (): Promise<void> => {
    await call('POST /v1/oncall/escalations/{incidentId}/acknowledge', {
      params: { incidentId: page.incidentId },
      body: { userId },
    });
    tell(`${scene.names.get(userId) ?? userId} has it`);
    onDone();
    onClose();
  };
  return (
    <FormDialog
      title={`Acknowledge "${page.title}"`}
      action="Acknowledge"
      isComplete={userId !== ''}
      onSubmit={acknowledge}
      onClose={onClose}
    >
      <p className="soft">Nobody else is told, and what waits is not sent.</p>
      <SelectField
        id="page-user"
        label="Who takes it"
        options={options}
        value={userId}
        onChange={setUserId}
      />
    </FormDialog>
  );
}

function EntriesDialog({ page, scene, onClose }: Omit<AcknowledgeDialogProps, 'onDone'>) {
  const params = { incidentId: page.incidentId };
  const detail = useLive(
    'oncall',
    page.incidentId,
    (signal) => call('GET /v1/oncall/escalations/{incidentId}', { params }, signal),
    REFRESH_MS,
  );
  return (
    <Dialog title={page.title} onClose={onClose} isWide>
      {detail.data === undefined ? (
        <SkeletonRows count={3} />
      ) : detail.data.entries.length === 0 ? (
        <p className="soft">Nobody was told yet.</p>
      ) : (
        <ol className="page-entries">
          {detail.data.entries.map((entry) => (
            <li key={entry.key} className="page-entry">
              <div className="row wrap">
                <span className="mono faint">{formatClock(entry.atMs)}</span>
                <strong>{entry.text}</strong>
                {entry.state === 'waiting' && <span className="pill busy">Waits</span>}
                {entry.state === 'void' && <span className="pill">Not sent</span>}
              </div>
              {entry.problem !== null && <div className="small is-bad">{entry.problem}</div>}
              <div className="soft small">
                {entry.reasons.map((reason) => reasonText(reason, scene.zone, scene.names)).join('. ')}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}
