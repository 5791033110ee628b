// Rules on thresholds and on silence: when each fires, its definition, changed, added, removed. Those on burn are the
// objectives.

import { type ReactNode, useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { href } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useLive } from '../ui/use-live.ts';
import { type AlertRule, RULE_TEMPLATE, ruleText } from './describe-alert.ts';

const REFRESH_MS = 10_000;
type RuleView = ApiResult<'GET /v1/alert-rules'>['rules'][number];

interface RulesTabProps {
  readonly tabs: ReactNode;
  readonly mayChange: boolean;
}

/** The tab. */
export function RulesTab({ tabs, mayChange }: RulesTabProps) {
  const rules = useLive('alerts', 'rules', (signal) => call('GET /v1/alert-rules', {}, signal), REFRESH_MS);
  const [open, setOpen] = useState<RuleView | 'new'>();
  const list = rules.data?.rules;
  const refresh = (): void => void rules.refresh();
  return (
    <div className="page-inner">
      <PageHead title="Alerts" note="Rules on thresholds and on silence; those on burn are the objectives">
        <a className="button" href={href('slos')}>
          Objectives
        </a>
        {mayChange && (
          <button type="button" className="button" onClick={() => setOpen('new')}>
            <Icon name="plus" />
            Add a rule
          </button>
        )}
      </PageHead>
      {tabs}
      <section className="card" aria-label="Rules">
        {list === undefined ? (
          rules.error === undefined ? (
            <SkeletonRows count={4} />
          ) : (
            <LoadFailed what="The rules" error={rules.error} onRetry={refresh} />
          )
        ) : (
          <div className="table-scroll">
            <table className="table">
              <thead>
                <tr>
                  <th>Rule</th>
                  <th>Fires when</th>
                  <th>Severity</th>
                  <th>One for each</th>
                  <th>Origin</th>
                </tr>
              </thead>
              <tbody>
                {list.map((view) => (
                  <tr key={view.rule.name}>
                    <td className="nowrap">
                      <button type="button" className="link-button" onClick={() => setOpen(view)}>
                        {view.rule.name}
                      </button>
                    </td>
                    <td>{ruleText(view.rule)}</td>
                    <td>
                      <span className={`tag alert-${view.rule.severity}`}>{view.rule.severity}</span>
                    </td>
                    <td className="soft">{view.rule.by.join(', ') || 'installation'}</td>
                    <td className="soft nowrap" title={formatDateTime(view.updatedAtMs)}>
                      {view.origin === 'shipped' ? 'shipped' : view.updatedBy}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {open !== undefined && (
        <RuleDialog
          view={open}
          mayChange={mayChange}
          onChanged={refresh}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

interface RuleDialogProps extends Pick<RulesTabProps, 'mayChange'> {
  readonly view: RuleView | 'new';
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** The rule that a text says, or why it says none. What it means is for control to check. */
function readRule(text: string): AlertRule | string {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as AlertRule;
    return 'A rule is an object: { "kind": …, "name": … }';
  } catch (error) {
    return `It is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function RuleDialog({ view, mayChange, onChanged, onClose }: RuleDialogProps) {
  const before = view === 'new' ? null : view.rule;
  const [text, setText] = useState(JSON.stringify(before ?? RULE_TEMPLATE, null, 2));
  const [isRemoving, setIsRemoving] = useState(false);
  const rule = readRule(text);
  const put = (body: AlertRule) => call('PUT /v1/alert-rules', { body });
  const save = useAsked(async () => {
    if (typeof rule === 'string') return;
    await put(rule);
    tell(
      `${rule.name} is in force`,
      before === null ? undefined : { label: 'Undo', run: () => putBack(before) },
    );
    onChanged();
    onClose();
  });
  const putBack = async (old: AlertRule): Promise<void> => {
    try {
      await put(old);
      onChanged();
    } catch (error) {
      tellFailure('That could not be undone', error);
    }
  };
  const remove = async (): Promise<void> => {
    if (before === null) return;
    await call('DELETE /v1/alert-rules/{name}', { params: { name: before.name } });
    tell(`${before.name} is removed`, { label: 'Undo', run: () => putBack(before) });
    onChanged();
    onClose();
  };
  if (isRemoving && before !== null)
    return (
      <QuestionDialog
        title={`Remove ${before.name}?`}
        action="Remove"
        isDanger
        onConfirm={remove}
        onClose={() => setIsRemoving(false)}
      >
        <p className="soft">Nothing watches for it any more, and its alerts resolve.</p>
      </QuestionDialog>
    );
  return (
    <Dialog
      title={before === null ? 'Add a rule' : before.name}
      isWide
      onClose={onClose}
      footer={
        mayChange && (
          <>
            {before !== null && (
              <button type="button" className="button" onClick={() => setIsRemoving(true)}>
                <Icon name="trash" />
                Remove…
              </button>
            )}
            <button
              type="button"
              className="button primary"
              disabled={typeof rule === 'string' || save.isBusy}
              onClick={save.ask}
            >
              {save.isBusy ? 'Saving…' : 'Put in force'}
            </button>
          </>
        )
      }
    >
      <div className="row spread">
        <p className="soft small">{before === null ? 'As JSON' : `Fires when ${ruleText(before)}`}</p>
        <CopyButton text={text} what="rule" />
      </div>
      <textarea
        className="input text-area mono rule-text"
        aria-label="Rule as JSON"
        spellCheck={false}
        readOnly={!mayChange}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {typeof rule === 'string' && (
        <p className="is-bad small" role="status">
          {rule}
        </p>
      )}
      {save.error !== undefined && <ErrorNotice error={save.error} />}
    </Dialog>
  );
}
