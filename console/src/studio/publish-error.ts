// What can go wrong before and while this browser publishes, in words: what it is, and what to do.

/** Why this browser does not publish. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly action: string;
  /** Whether another ingest would say the same. */
  readonly isFinal: boolean;
  /** Whether it is only that somebody publishes already: perhaps ourselves, before the connection was lost. */
  readonly isBusy: boolean;

  constructor(
    message: string,
    action: string,
    kind: { isFinal?: boolean; isBusy?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: kind.cause });
    this.action = action;
    this.isFinal = kind.isFinal ?? true;
    this.isBusy = kind.isBusy ?? false;
  }
}

export type Source = 'camera' | 'screen';

/** What `getUserMedia` and `getDisplayMedia` throw, by name. */
export function captureError(error: unknown, source: Source): PublishError {
  const name = error instanceof Error ? error.name : '';
  const make = (message: string, action: string): PublishError =>
    new PublishError(message, action, { cause: error });
  switch (name) {
    case 'NotAllowedError':
      return source === 'screen'
        ? make('No screen was shared.', 'Choose a screen, a window or a tab when the browser asks.')
        : make(
            'The browser may not use the camera or the microphone.',
            'Allow both beside the address of this page, then try again.',
          );
    case 'NotFoundError':
      return make('There is no camera or no microphone.', 'Connect one, or choose another source.');
    case 'NotReadableError':
      return make(
        'The camera or the microphone cannot be opened.',
        'Close the program that uses it, then try again.',
      );
    case 'OverconstrainedError':
      return make('That camera or microphone is gone.', 'Choose another one.');
    default:
      return make(
        `The picture cannot be taken: ${error instanceof Error ? error.message : String(error)}.`,
        'Try again.',
      );
  }
}
