// The picture of an asset: from the first region that gives one, else a quiet stand-in.

import { useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { Icon } from '../ui/icon.tsx';

/** Private posters need a token; a list of thousands of tokens for thumbnails is not worth it. */
export function Poster({ asset }: { readonly asset: AssetView }) {
  const [failures, setFailures] = useState(0);
  const source =
    asset.isPlayable && asset.visibility === 'public' ? asset.playlists[failures]?.poster : undefined;
  return (
    <span className="poster">
      {source === undefined ? (
        <Icon name={asset.visibility === 'private' ? 'lock' : 'film'} />
      ) : (
        <img
          src={source}
          alt=""
          width={80}
          height={45}
          loading="lazy"
          decoding="async"
          onError={() => setFailures(failures + 1)}
        />
      )}
    </span>
  );
}
