// The picture of an asset: from the first region that gives one, else a quiet stand-in. While the pointer is over the
// row, a short silent loop plays in its place.

import { useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { Icon } from '../ui/icon.tsx';
import { mediaFolder } from './describe-asset.ts';

/** A pointer on its way to somewhere else starts nothing. */
const PREVIEW_AFTER_MS = 250;

/** Whether the pointer rests on the row that holds the element. */
function useRowHover(isEnabled: boolean) {
  const element = useRef<HTMLSpanElement>(null);
  const [isHovered, setIsHovered] = useState(false);
  useEffect(() => {
    const row = element.current?.closest('tr');
    if (!isEnabled || row === null || row === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enter = (event: PointerEvent): void => {
      if (event.pointerType !== 'mouse' || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
      timer = setTimeout(() => setIsHovered(true), PREVIEW_AFTER_MS);
    };
    const leave = (): void => {
      clearTimeout(timer);
      setIsHovered(false);
    };
    row.addEventListener('pointerenter', enter);
    row.addEventListener('pointerleave', leave);
    return () => {
      leave();
      row.removeEventListener('pointerenter', enter);
      row.removeEventListener('pointerleave', leave);
    };
  }, [isEnabled]);
  return { element, isHovered };
}

/** Private posters need a token; a list of thousands of tokens for thumbnails is not worth it. */
export function Poster({ asset }: { readonly asset: AssetView }) {
  const [failures, setFailures] = useState(0);
  const isShown = asset.isPlayable && asset.visibility === 'public';
  const source = isShown ? asset.playlists[failures]?.poster : undefined;
  const { element, isHovered } = useRowHover(isShown && asset.hasPreview);
  return (
    <span className="poster" ref={element}>
      {source === undefined ? (
        <Icon name={asset.visibility === 'private' ? 'lock' : 'film'} />
      ) : (
        <>
          <img
            // A changed poster has the same address.
            key={asset.posterKind}
            src={source}
            alt=""
            width={80}
            height={45}
            loading="lazy"
            decoding="async"
            onError={() => setFailures(failures + 1)}
          />
          {isHovered && <video src={`${mediaFolder(source)}preview.mp4`} muted loop autoPlay playsInline />}
        </>
      )}
    </span>
  );
}
