// API tokens: made, shown once, revoked.

import { useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { SecretDialog } from './secret-dialog.tsx';

type Token = ApiResult<'GET /v1/tokens'>['tokens'][number];

const REFRESH_MS = 10_000;

/** The section. */
export function TokensSection() {
  const tokens = usePolled('tokens', (signal) => call('GET /v1/tokens', {}, signal), REFRESH_MS);
  const [isCreating, setIsCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [deleting, setDeleting] = useState<Token>();
  return (
    <section className="card" aria-label="API tokens">
      <div className="card-head">
        <span className="soft">Tokens log people in here and let programs use the API.</span>
        <button type="button" className="button primary compact" onClick={() => setIsCreating(true)}>
          <Icon name="plus" />
          New token
        </button>
      </div>
      {tokens.data === undefined ? (
        tokens.error === undefined ? (
          <SkeletonRows count={3} />
        ) : (
          <LoadFailed what="The tokens" error={tokens.error} onRetry={() => void tokens.refresh()} />
        )
      ) : tokens.data.tokens.length === 0 ? (
        <Empty icon="key" title="No tokens">
          Make one for each person and each program, so that each can be revoked alone.
        </Empty>
      ) : (
        <TokenTable tokens={tokens.data.tokens} onDelete={setDeleting} />
      )}
      {isCreating && (
        <CreateTokenDialog
          onClose={() => setIsCreating(false)}
          onCreated={(token) => {
            setIsCreating(false);
            setSecret(token);
            void tokens.refresh();
          }}
        />
      )}
      {secret !== undefined && (
        <SecretDialog
          title="New API token"
          secret={secret}
          what="token"
          note="Meridian keeps only a hash of it."
          onClose={() => setSecret(undefined)}
        />
      )}
      {deleting !== undefined && (
        <DeleteTokenDialog
          token={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => {
            setDeleting(undefined);
            void tokens.refresh();
          }}
        />
      )}
    </section>
  );
}

interface TokenTableProps {
  readonly tokens: readonly Token[];
  readonly onDelete: (token: Token) => void;
}

function TokenTable({ tokens, onDelete }: TokenTableProps) {
  const nowMs = Date.now();
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Role</th>
            <th className="wide-only">Project</th>
            <th className="wide-only">Created</th>
            <th>Last used</th>
            <th className="wide-only">Expires</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td className="strong">{token.name}</td>
              <td>
                <span className="tag">{token.role}</span>
                {token.regionIds !== null && (
                  <span className="token-regions soft small">in {token.regionIds.join(', ')}</span>
                )}
              </td>
              <td className="soft wide-only">{token.projectId ?? 'all'}</td>
              <td className="soft nowrap wide-only" title={formatDateTime(token.createdAtMs)}>
                {formatAgo(token.createdAtMs, nowMs)}
              </td>
              <td className="soft nowrap">
                {token.lastUsedAtMs === null ? 'never' : formatAgo(token.lastUsedAtMs, nowMs)}
              </td>
              <td className="soft nowrap wide-only">
                {token.expiresAtMs === null ? 'never' : formatDateTime(token.expiresAtMs)}
              </td>
              <td className="number">
                <button
                  type="button"
                  className="icon-button small"
                  aria-label={`Revoke ${token.name}`}
                  title="Revoke"
                  onClick={() => onDelete(token)}
                >
                  <Icon name="trash" />
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface DeleteTokenDialogProps {
  readonly token: Token;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

function DeleteTokenDialog({ token, onClose, onDeleted }: DeleteTokenDialogProps) {
  const revoke = async (): Promise<void> => {
    await call('DELETE /v1/tokens/{tokenId}', { params: { tokenId: token.id } });
    tell(`${token.name} was revoked`);
    onDeleted();
  };
  return (
    <QuestionDialog title="Revoke this token?" action="Revoke" isDanger onConfirm={revoke} onClose={onClose}>
      <p>
        Whoever uses <strong className="dialog-name">{token.name}</strong> is refused from now on. This cannot
        be undone.
      </p>
    </QuestionDialog>
  );
}
