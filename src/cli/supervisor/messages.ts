// What a supervised process tells its supervisor over the IPC channel.

/** A process ends with it when it was told to restart; EX_TEMPFAIL of sysexits.h, which systemd and Kubernetes take for a failure. */
export const RESTART_EXIT_CODE = 75;

export type ChildMessage =
  | { readonly type: 'ready'; readonly lines: readonly string[] }
  /** It cannot run at all (a busy port, an unwritable directory): restarting would not help. */
  | { readonly type: 'failed'; readonly message: string };

export function isChildMessage(value: unknown): value is ChildMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    ['ready', 'failed'].includes(String(value.type))
  );
}
