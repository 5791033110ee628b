// What was said to whom: channels, whether they work, and changes of them; every notification with its tries, and once
// more.

import { memo, type ReactNode, useState } from 'react';
import type { NotificationView } from '../../../src/contract/api/notifications.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { Empty, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { usePolled } from '../ui/use-polled.ts';
import { type ChannelQuestion, ChannelQuestions, Channels } from './channels.tsx';

type NotificationFilter = NotificationView['state'] | 'all';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 56;
const COLUMN_COUNT = 5;
const CHANNELS_MS = 5_000;
const DETAIL_MS = 2_000;

const FILTERS: readonly FilterOption<NotificationFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'dead', label: 'Given up' },
];

const LOOKS: Readonly<Record<NotificationView['state'], { readonly word: string; readonly tone: string }>> = {
  waiting: { word: 'Waits', tone: 'warn' },
  sending: { word: 'Is sent', tone: 'busy' },
  delivered: { word: 'Delivered', tone: 'good' },
  dead: { word: 'Given up', tone: 'bad' },
};

interface NotificationsTabProps {
  readonly tabs: ReactNode;
  readonly mayChange: boolean;
}

/** The tab. */
export function NotificationsTab({ tabs, mayChange }: NotificationsTabProps) {
  const channels = usePolled(
    'channels',
    (signal) => call('GET /v1/notification-channels', {}, signal),
    CHANNELS_MS,
  );
  const [filter, setFilter] = useState<NotificationFilter>('all');
  const [channelId, setChannelId] = useState('');
  const [openId, setOpenId] = useState<number>();
  const [dialog, setDialog] = useState<ChannelQuestion>();
  const list = channels.data?.channels ?? [];
  const names = new Map(list.map(({ id, name }) => [id, name]));
  const notifications = usePagedList<NotificationView>(
    `${filter} ${channelId}`,
    async (before, limit, signal) => {
      const query = {
        limit,
        ...(filter === 'all' ? {} : { state: filter }),
        ...(channelId === '' ? {} : { channelId }),
        ...(before === null ? {} : { before: Number(before) }),
      };
      const answer = await call('GET /v1/notifications', { query }, signal);
      const items = answer.notifications;
      return { items, nextBefore: items.length < limit ? null : (items.at(-1)?.id ?? null) };
    },
  );
  const retry = async (id: number): Promise<void> => {
    try {
      await call('POST /v1/notifications/{notificationId}/retry', { params: { notificationId: id } });
      tell('It is sent once more');
    } catch (error) {
      tellFailure('It could not be sent once more', error);
    }
    void notifications.refresh();
  };
  const nowMs = ageNowMs();
  return (
    <ListPage
      head={
        <>
          <PageHead title="Alerts" note="What was said to whom">
            <Filter
              label="Show notifications that are"
              options={FILTERS}
              value={filter}
              onChange={setFilter}
            />
            {may('admin') && (
              <button type="button" className="button" onClick={() => setDialog({ kind: 'form' })}>
                <Icon name="plus" />
                Add a channel…
              </button>
            )}
          </PageHead>
          {tabs}
          <Channels
            channels={list}
            chosenId={channelId}
            mayChange={mayChange}
            onChoose={setChannelId}
            onTested={() => void notifications.refresh()}
            onAsk={setDialog}
          />
        </>
      }
    >
      <PagedTable
        what="The notifications"
        paged={notifications}
        empty={
          <Empty icon="send" title={filter === 'all' ? 'Nobody was told anything yet' : 'None of these'}>
            {list.length === 0
              ? 'Add a channel, and alerts of its kind go out by themselves.'
              : 'What goes out through a channel stands here, with every try.'}
          </Empty>
        }
        className="notifications"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="alert-head-state">State</th>
            <th>What</th>
            <th className="wide-only notification-head-channel">Channel</th>
            <th className="wide-only number notification-head-tries">Tries</th>
            <th className="alert-head-time">When</th>
          </>
        }
        row={(notification, rowIndex) => (
          <NotificationRow
            key={notification.id}
            notification={notification}
            channel={names.get(notification.channelId) ?? 'removed'}
            rowIndex={rowIndex}
            nowMs={nowMs}
            onOpen={setOpenId}
          />
        )}
      />
      <ChannelQuestions
        question={dialog}
        mailServers={channels.data?.mailServers ?? []}
        onAsk={setDialog}
        onChanged={() => {
          setChannelId('');
          void channels.refresh();
        }}
      />
      {openId !== undefined && (
        <NotificationDialog
          id={openId}
          onRetry={mayChange ? () => retry(openId) : undefined}
          onClose={() => setOpenId(undefined)}
        />
      )}
    </ListPage>
  );
}

interface NotificationRowProps {
  readonly notification: NotificationView;
  readonly channel: string;
  readonly rowIndex: number;
  readonly nowMs: number;
  readonly onOpen: (id: number) => void;
}

const NotificationRow = memo(function NotificationRow(props: NotificationRowProps) {
  const { notification, channel, rowIndex, nowMs, onOpen } = props;
  const { id, title, state, attempts, reason, createdAtMs } = notification;
  return (
    <tr className="long-row alert-row" aria-rowindex={rowIndex}>
      <td className="alert-state">
        <span className={`pill ${LOOKS[state].tone}`}>{LOOKS[state].word}</span>
      </td>
      <td className="alert-name">
        <button type="button" className="link-button truncate" data-row-link onClick={() => onOpen(id)}>
          {title}
        </button>
        <div className="faint row-sub truncate">{reason ?? notification.subjectId}</div>
      </td>
      <td className="wide-only">
        <div className="truncate">{channel}</div>
      </td>
      <td className="wide-only number">{attempts}</td>
      <td className="alert-time soft nowrap" title={formatDateTime(createdAtMs)}>
        {formatAgo(createdAtMs, nowMs)}
      </td>
    </tr>
  );
});

interface NotificationDialogProps {
  readonly id: number;
  readonly onRetry: (() => Promise<void>) | undefined;
  readonly onClose: () => void;
}

function NotificationDialog({ id, onRetry, onClose }: NotificationDialogProps) {
  const params = { notificationId: id };
  const detail = usePolled(
    `${id}`,
    (signal) => call('GET /v1/notifications/{notificationId}', { params }, signal),
    DETAIL_MS,
  );
  const { data } = detail;
  const isDead = data?.notification.state === 'dead';
  return (
    <Dialog
      title={data?.notification.title ?? 'Notification'}
      isWide
      onClose={onClose}
      footer={
        onRetry !== undefined &&
        isDead && (
          <button
            type="button"
            className="button primary"
            onClick={() => void onRetry().then(() => detail.refresh())}
          >
            <Icon name="retry" />
            Send once more
          </button>
        )
      }
    >
      {data === undefined ? (
        <SkeletonRows count={4} />
      ) : (
        <>
          <div className="row wrap">
            <span className={`pill ${LOOKS[data.notification.state].tone}`}>
              {LOOKS[data.notification.state].word}
            </span>
            {data.notification.reason !== null && <span className="soft">{data.notification.reason}</span>}
            {data.notification.nextAttemptAtMs !== null && (
              <span className="soft small">next try at {formatClock(data.notification.nextAttemptAtMs)}</span>
            )}
          </div>
          <pre className="notification-text">{data.text}</pre>
          <h3>Tries</h3>
          {data.attempts.length === 0 ? (
            <p className="soft">None yet.</p>
          ) : (
            <ol className="tries">
              {data.attempts.map((attempt) => (
                <li key={attempt.number}>
                  <span className="mono faint small" title={formatDateTime(attempt.atMs)}>
                    {formatClock(attempt.atMs)}
                  </span>
                  <span>
                    <strong>{attempt.status ?? 'no answer'}</strong>{' '}
                    <span className="soft">
                      after {Math.round(attempt.durationMs)} ms
                      {attempt.problem !== null && `: ${attempt.problem}`}
                    </span>
                    {attempt.answer !== '' && (
                      <div className="mono faint small truncate">{attempt.answer}</div>
                    )}
                  </span>
                </li>
              ))}
            </ol>
          )}
        </>
      )}
    </Dialog>
  );
}
