// How to publish a broadcast: addresses, and a stream key. A key is made when it is asked for, and each time another
// one, so nothing is asked before a person does.

import { useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { type ApiResult, call } from '../api.ts';
import { Address } from '../ui/address.tsx';
import { CopyText } from '../ui/copy-button.tsx';
import { ErrorNotice } from '../ui/dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { publishCommand, publishCommandSrt } from './describe-broadcast.ts';

type Ingest = ApiResult<'GET /v1/broadcasts/{broadcastId}/ingest'>;
type Names = ReadonlyMap<string, string>;

interface PublishSectionProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: Names;
}

/** The card. */
export function PublishSection({ broadcast, names }: PublishSectionProps) {
  const [ingest, setIngest] = useState<Ingest>();
  return (
    <section className="card" aria-label="Publish">
      <div className="card-head">
        <h2>Publish</h2>
        {ingest !== undefined && (
          <button type="button" className="button compact" onClick={() => setIngest(undefined)}>
            Hide
          </button>
        )}
      </div>
      <div className="card-body">
        {ingest === undefined ? (
          <AskForKey broadcastId={broadcast.id} onAnswer={setIngest} />
        ) : (
          <IngestAddresses ingest={ingest} names={names} />
        )}
      </div>
    </section>
  );
}

interface AskForKeyProps {
  readonly broadcastId: string;
  readonly onAnswer: (ingest: Ingest) => void;
}

function AskForKey({ broadcastId, onAnswer }: AskForKeyProps) {
  const { isBusy, error, ask } = useAsked(async () => {
    const params = { broadcastId };
    onAnswer(await call('GET /v1/broadcasts/{broadcastId}/ingest', { params }));
  });
  return (
    <div className="stack">
      <div className="row wrap spread publish-ask">
        <p className="soft">
          Whoever has the stream key can publish. Each showing makes another key, and those from before stay
          good.
        </p>
        <button type="button" className="button" disabled={isBusy} onClick={ask}>
          <Icon name="key" />
          {isBusy ? 'Asking…' : 'Show addresses and key'}
        </button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </div>
  );
}

function IngestAddresses({ ingest, names }: { readonly ingest: Ingest; readonly names: Names }) {
  const { addresses, expiresAtMs, srtPassphrase, streamKey } = ingest;
  const first = addresses.find(({ isPrimary }) => isPrimary) ?? addresses[0];
  if (first === undefined)
    return <p className="soft">No ingest takes publishers now. Ask again once a region is back.</p>;
  const rtmp = addresses.find(({ protocol }) => protocol === 'rtmp' || protocol === 'rtmps');
  const srt = addresses.find(({ protocol }) => protocol === 'srt');
  return (
    <div className="publish">
      <section className="panel-section">
        <h3>Server</h3>
        {addresses.map(({ protocol, regionId, url, isPrimary }) => {
          const region = names.get(regionId) ?? regionId;
          return (
            <div key={url} className="addresses">
              <span>
                <span className="strong">{region}</span>
                {isPrimary && <span className="faint">, the best one</span>}
              </span>
              <Address
                kind={protocol.toUpperCase()}
                url={url}
                shown={srtPassphrase === null ? url : url.replace(srtPassphrase, 'PASSPHRASE')}
                what={`${protocol.toUpperCase()} address at ${region}`}
                isPage={false}
              />
            </div>
          );
        })}
      </section>
      <section className="panel-section">
        <h3>
          Stream key <span className="soft publish-until">good until {formatDateTime(expiresAtMs)}</span>
        </h3>
        <CopyText text={streamKey} what="stream key" />
        <p className="small soft">
          In OBS: Settings, Stream, Custom; the server and the key as above. With WHIP as the service, the key
          is the bearer token.
        </p>
      </section>
      {srt !== undefined && srtPassphrase !== null && (
        <section className="panel-section">
          <h3>SRT passphrase</h3>
          <CopyText text={srtPassphrase} what="SRT passphrase" />
          <p className="small soft">
            In place of the key, for encoders that ask for it by itself. OBS takes the whole SRT address as
            server, and no key.
          </p>
        </section>
      )}
      {(rtmp !== undefined || srt !== undefined) && (
        <section className="panel-section">
          <h3>With ffmpeg</h3>
          {rtmp !== undefined && (
            <CopyText
              text={publishCommand(rtmp.url, streamKey)}
              shown={publishCommand(rtmp.url, 'KEY')}
              what="command with its key"
            />
          )}
          {srt !== undefined && srtPassphrase !== null && (
            <CopyText
              text={publishCommandSrt(srt.url)}
              shown={publishCommandSrt(srt.url.replace(srtPassphrase, 'PASSPHRASE'))}
              what="SRT command with its passphrase"
            />
          )}
        </section>
      )}
    </div>
  );
}
