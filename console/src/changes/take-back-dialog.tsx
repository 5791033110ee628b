// Takes a change of a setting back, after a dry run has shown what that would change.

import type { ChangeView } from '../../../src/contract/api/changes.ts';
import { type ApiResult, call } from '../api.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';

/** Somebody may change the setting meanwhile. Never by notices: control gives some of what a dry run undoes. */
const REFRESH_MS = 10_000;

type Outlook = ApiResult<'POST /v1/changes/{changeId}/revert'>;

interface TakeBackDialogProps {
  readonly change: ChangeView;
  readonly onTakenBack: () => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function TakeBackDialog({ change, onTakenBack, onClose }: TakeBackDialogProps) {
  const params = { changeId: change.id };
  const { data, error } = usePolled(
    String(change.id),
    (signal) => call('POST /v1/changes/{changeId}/revert', { params, query: { isDryRun: 'true' } }, signal),
    REFRESH_MS,
  );
  const takeBack = async (): Promise<void> => {
    const { text } = await call('POST /v1/changes/{changeId}/revert', { params, query: {} });
    tell(text);
    onTakenBack();
  };
  return (
    <QuestionDialog
      title="Take this change back?"
      action="Take it back"
      isWide
      isBlocked={data?.isChange !== true}
      onConfirm={takeBack}
      onClose={onClose}
    >
      {data !== undefined ? (
        <OutlookText outlook={data} />
      ) : error !== undefined ? (
        <ErrorNotice error={error} />
      ) : (
        <SkeletonRows count={2} />
      )}
    </QuestionDialog>
  );
}

function OutlookText({ outlook: { isChange, text, differences } }: { readonly outlook: Outlook }) {
  return (
    <>
      {isChange && <p className="soft">Nothing is changed yet. This is what a dry run says:</p>}
      <p>
        <strong className="dialog-name">{text}.</strong>
      </p>
      {differences.length > 0 && (
        <div className="table-scroll">
          <table className="table differences" aria-label="What differs">
            <thead>
              <tr>
                <th>Field</th>
                <th>Now</th>
                <th>Afterwards</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ field, from, to }) => (
                <tr key={field}>
                  <td>{field}</td>
                  <td className="mono">{from ?? '–'}</td>
                  <td className="mono">{to ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
