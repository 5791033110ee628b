// The way in: the provider of identities where there is one, an API token, and where the first one lies.

import { useEffect, useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { logIn } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { Icon, Mark } from '../ui/icon.tsx';
import { RecoveryForm } from './recovery-form.tsx';
import { takeSignInProblem } from './sign-in-problem.ts';

/** Shown while nobody is logged in; `hasEnded` when somebody was. */
export function LoginPage({ hasEnded }: { readonly hasEnded: boolean }) {
  const [token, setToken] = useState('');
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const provider = useProvider();
  const [isRecovering, setIsRecovering] = useState(false);
  const [problem] = useState(takeSignInProblem);
  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await logIn(token.trim());
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <main className="login">
      <div className="login-card">
        <div className="login-brand">
          <Mark size={44} />
          <h1>Meridian</h1>
          <p className="soft">Video from many regions that keeps itself up</p>
        </div>
        {hasEnded && (
          <div className="notice info" role="status">
            <Icon name="lock" />
            <span>Your session has ended. Log in again to go on.</span>
          </div>
        )}
        {problem !== undefined && (
          <div className="notice warn" role="alert">
            <Icon name="warning" />
            <span>{problem}</span>
          </div>
        )}
        {isRecovering ? (
          <RecoveryForm onBack={() => setIsRecovering(false)} />
        ) : (
          <>
            {provider !== null && (
              <>
                <a className="button primary login-submit" href={provider.path}>
                  Log in with {provider.label}
                </a>
                <div className="login-or faint small">or with an API token</div>
              </>
            )}
            <form
              className="stack"
              onSubmit={(event) => {
                event.preventDefault();
                void submit();
              }}
            >
              <div className="field">
                <label htmlFor="token">API token</label>
                <div className="login-token">
                  <input
                    id="token"
                    className="input mono"
                    type={isShown ? 'text' : 'password'}
                    autoComplete="current-password"
                    spellCheck={false}
                    placeholder="mrd_…"
                    value={token}
                    aria-invalid={error !== undefined}
                    aria-describedby="token-hint"
                    onChange={(event) => setToken(event.target.value)}
                  />
                  <button
                    type="button"
                    className="button quiet compact"
                    aria-pressed={isShown}
                    onClick={() => setIsShown(!isShown)}
                  >
                    {isShown ? 'Hide' : 'Show'}
                  </button>
                </div>
              </div>
              {error !== undefined && <ErrorNotice error={error} />}
              <button
                type="submit"
                className={provider === null ? 'button primary login-submit' : 'button login-submit'}
                disabled={isBusy || token.trim() === ''}
              >
                {isBusy ? 'Logging in…' : 'Log in'}
              </button>
            </form>
            <button type="button" className="button quiet" onClick={() => setIsRecovering(true)}>
              Use a recovery code
            </button>
          </>
        )}
        <TokenHint />
      </div>
    </main>
  );
}

/** The provider of identities, when there is one and control says so. */
function useProvider(): ApiResult<'GET /v1/sign-in'>['provider'] {
  const [provider, setProvider] = useState<ApiResult<'GET /v1/sign-in'>['provider']>(null);
  useEffect(() => {
    const leaving = new AbortController();
    call('GET /v1/sign-in', {}, leaving.signal).then(
      (answer) => setProvider(answer.provider),
      // Without an answer a token still works, and the page says what goes wrong with it.
      () => undefined,
    );
    return () => leaving.abort();
  }, []);
  return provider;
}

function TokenHint() {
  return (
    <div id="token-hint" className="login-hint">
      <Icon name="key" />
      <div>
        <strong>Where is the admin token?</strong>
        <p>
          In a file that only its owner can read, made at the first start. Its path stands in the output of{' '}
          <code>npm start</code>, by default:
        </p>
        <code className="login-path">.meridian/admin-token</code>
        <p>Other tokens are made on the page Access.</p>
      </div>
    </div>
  );
}
