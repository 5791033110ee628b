// One address: what kind it is, the address, and a button that copies it.

import { CopyButton } from './copy-button.tsx';

interface AddressProps {
  /** "HLS", "RTMP". */
  readonly kind: string;
  readonly url: string;
  /** What is shown of it when it holds a secret; absent: all. */
  readonly shown?: string;
  /** Names it for people: "HLS address at dublin". */
  readonly what: string;
  /** Whether a browser can open it. */
  readonly isPage?: boolean;
}

/** The line. */
export function Address({ kind, url, shown = url, what, isPage = true }: AddressProps) {
  return (
    <div className="address">
      <span className="tag">{kind}</span>
      {isPage ? (
        <a className="mono truncate" href={url} title={shown} target="_blank" rel="noreferrer">
          {shown}
        </a>
      ) : (
        <span className="mono truncate" title={shown}>
          {shown}
        </span>
      )}
      <CopyButton text={url} what={what} />
    </div>
  );
}
