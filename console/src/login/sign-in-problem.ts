// Why a sign-in through the provider did not succeed: control sends the browser back with a word, which is said here in
// a sentence and taken out of the address, so that a reload does not say it again.

const PROBLEMS: Readonly<Record<string, string>> = {
  provider_away:
    'The sign-in provider does not answer. Try again in a moment, or log in with an API token: tokens work without it.',
  refused: 'The sign-in provider refused. Ask whoever runs it whether you may use Meridian.',
  no_role:
    'The sign-in provider knows you, but none of your groups has a role here. Ask an admin to add one to access.oidc.roles.',
  expired: 'That sign-in took too long, was begun in another window, or was used already. Begin it again.',
  not_valid:
    'What came back from the sign-in provider could not be verified, so nobody was signed in. Try again; if it happens again, an admin finds the reason in the log of control.',
};

/** The sentence, once; undefined when nothing went wrong. */
export function takeSignInProblem(): string | undefined {
  const url = new URL(window.location.href);
  const code = url.searchParams.get('sign-in');
  if (code === null) return undefined;
  url.searchParams.delete('sign-in');
  window.history.replaceState(null, '', url);
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : PROBLEMS.not_valid;
}
