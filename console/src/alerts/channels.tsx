// Channels as cards above what was said: whether each works, a test, and changes of it.

import type { ChannelView } from '../../../src/contract/api/notifications.ts';
import { SecretDialog } from '../access/secret-dialog.tsx';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { formatAge, formatAgo } from '../ui/format.ts';
import { MenuButton } from '../ui/menu.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { ChannelDialog, RemoveChannelDialog } from './channel-dialogs.tsx';

/** What is asked about channels: a form (of a new one without `channel`), a removal, a secret that is shown. */
export type ChannelQuestion =
  | { readonly kind: 'form'; readonly channel?: ChannelView }
  | { readonly kind: 'remove'; readonly channel: ChannelView }
  | { readonly kind: 'secret'; readonly secret: string };

interface ChannelQuestionsProps {
  readonly question: ChannelQuestion | undefined;
  readonly mailServers: readonly string[];
  readonly onAsk: (question: ChannelQuestion | undefined) => void;
  readonly onChanged: () => void;
}

/** The dialog that is open, if any. */
export function ChannelQuestions({ question, mailServers, onAsk, onChanged }: ChannelQuestionsProps) {
  const close = (): void => onAsk(undefined);
  const done = (): void => {
    onChanged();
    close();
  };
  switch (question?.kind) {
    case undefined:
      return null;
    case 'form':
      return (
        <ChannelDialog
          channel={question.channel}
          mailServers={mailServers}
          onDone={(secret) => {
            onChanged();
            onAsk(secret === null ? undefined : { kind: 'secret', secret });
          }}
          onClose={close}
        />
      );
    case 'remove':
      return <RemoveChannelDialog channel={question.channel} onDone={done} onClose={close} />;
    case 'secret':
      return (
        <SecretDialog
          title="The channel’s secret"
          secret={question.secret}
          what="The secret"
          note="Receivers check with it that a notification comes from here."
          onClose={close}
        />
      );
  }
}

interface ChannelsProps {
  readonly channels: readonly ChannelView[];
  /** The one whose notifications are shown; empty: all. */
  readonly chosenId: string;
  readonly mayChange: boolean;
  readonly onChoose: (channelId: string) => void;
  readonly onTested: () => void;
  readonly onAsk: (question: ChannelQuestion) => void;
}

/** The cards. */
export function Channels({ channels, chosenId, mayChange, onChoose, onTested, onAsk }: ChannelsProps) {
  const test = async ({ id, name }: ChannelView): Promise<void> => {
    try {
      await call('POST /v1/notification-channels/{channelId}/test', { params: { channelId: id } });
      tell(`A test goes to ${name}`);
    } catch (error) {
      tellFailure('The test could not be sent', error);
    }
    onTested();
  };
  if (channels.length === 0) return null;
  return (
    <ul className="channels" aria-label="Channels">
      {channels.map((channel) => {
        const { id, name, kind, target, failingSinceMs, waitingCount, deadCount } = channel;
        return (
          <li key={id} className={failingSinceMs === null ? 'card channel' : 'card channel is-failing'}>
            <button
              type="button"
              className="channel-name"
              aria-pressed={chosenId === id}
              onClick={() => onChoose(chosenId === id ? '' : id)}
            >
              <span className="row">
                <span className={failingSinceMs === null ? 'state-dot good' : 'state-dot bad'} />
                <strong className="truncate">{name}</strong>
                <span className="tag">{kind}</span>
              </span>
              <span className="faint small truncate">{target}</span>
              <span className="soft small">
                {failingSinceMs !== null
                  ? `fails for ${formatAge(Date.now() - failingSinceMs)}`
                  : channel.lastSuccessAtMs === null
                    ? 'nothing was sent yet'
                    : `worked ${formatAgo(channel.lastSuccessAtMs, Date.now())}`}
                {waitingCount > 0 && `, ${waitingCount} wait`}
                {deadCount > 0 && `, ${deadCount} given up`}
              </span>
            </button>
            {mayChange && (
              <button type="button" className="button compact" onClick={() => void test(channel)}>
                Test
              </button>
            )}
            {may('admin') && (
              <MenuButton
                label={`More for ${name}`}
                items={[
                  { label: 'Change…', icon: 'pencil', onSelect: () => onAsk({ kind: 'form', channel }) },
                  {
                    label: 'Remove…',
                    icon: 'trash',
                    isDanger: true,
                    onSelect: () => onAsk({ kind: 'remove', channel }),
                  },
                ]}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}
