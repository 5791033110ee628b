// An object that is sent from disk piece by piece: one open file, one piece of memory, used again for each piece and
// then by the next viewer. A slow viewer holds a piece, not the whole object.
// What was read within the last seconds lies in the kernel's page cache and is read at once: a turn of the thread pool
// costs more than the read, and takes the bytes to another processor's cache. Whatever else is read goes through the
// thread pool, so that a slow disk does not hold up the loop; and when a read at once has taken long, so does all.

import type { Clock } from '#platform/clock.ts';
import type { KeptFile } from './open-files.ts';
import type { Slabs } from './slabs.ts';

export interface StoredObject {
  readonly etag: string;
  readonly bodyBytes: number;
  /** When its checksum was found right, on the monotonic clock. */
  readonly checkedAtMs: number;
  /**
   * Reads the next piece, which holds until the next call; null when the disk has failed. Called again only after
   * the piece before was sent, and never after the last.
   */
  next(onPiece: (piece: Buffer | null) => void): void;
  /** Ends the reading, once; `isSent`: nobody looks at the last piece any more, so that its memory can be used again. */
  end(isSent: boolean): void;
}

/** A read under way, as the watch over slow disks sees it. */
export interface DiskRead {
  readonly startedAtMs: number;
  giveUp(): void;
}

export interface StoredObjectOptions {
  readonly kept: KeptFile;
  readonly slab: Buffer;
  readonly slabs: Slabs;
  readonly clock: Clock;
  readonly reads: Set<DiskRead>;
  /** Whether what was last read then may be read at once. */
  isWarm(readAtMs: number): boolean;
  /** A read has gone well; `blockedMs`: for so long it held up everything else. */
  onRead(blockedMs: number): void;
  onError(error: unknown): void;
}

/** Begins to read a file that is open. */
export function readStored(options: StoredObjectOptions): StoredObject {
  const { kept, slab, slabs, clock, reads } = options;
  let offset = 0;
  let isReading = false;
  let isEnded = false;
  let isReusable = true;

  function letGo(): void {
    if (isReusable) slabs.give(slab);
    else slabs.lose();
    kept.release();
  }

  /** Moves on by what was read; null when it is less than there should be. */
  function pieceOf(length: number, count: number, blockedMs: number): Buffer | null {
    if (count !== length) {
      options.onError(new Error(`the file ends ${length - count} bytes early`));
      return null;
    }
    offset += length;
    kept.readAtMs = clock.monotonicMs();
    options.onRead(blockedMs);
    return length === slab.length ? slab : slab.subarray(0, length);
  }

  function readNow(length: number): Buffer | null {
    const startedAtMs = clock.monotonicMs();
    try {
      const count = kept.file.readNow(slab, length, kept.bodyAt + offset);
      return pieceOf(length, count, clock.monotonicMs() - startedAtMs);
    } catch (error) {
      options.onError(error);
      return null;
    }
  }

  function readLater(length: number, onPiece: (piece: Buffer | null) => void): void {
    let isGivenUp = false;
    const read: DiskRead = {
      startedAtMs: clock.monotonicMs(),
      giveUp() {
        isGivenUp = true;
        reads.delete(read);
        if (!isEnded) onPiece(null);
      },
    };
    reads.add(read);
    isReading = true;
    kept.file.read(slab, length, kept.bodyAt + offset, (error, count) => {
      isReading = false;
      reads.delete(read);
      if (isEnded) letGo();
      else if (error !== null) options.onError(error);
      const piece = isEnded || error !== null ? null : pieceOf(length, count, 0);
      if (!isEnded && !isGivenUp) onPiece(piece);
    });
  }

  kept.hold();
  return {
    etag: kept.etag,
    bodyBytes: kept.bodyBytes,
    checkedAtMs: kept.checkedAtMs,
    next(onPiece) {
      const length = Math.min(slab.length, kept.bodyBytes - offset);
      if (options.isWarm(kept.readAtMs)) onPiece(readNow(length));
      else readLater(length, onPiece);
    },
    end(isSent) {
      isEnded = true;
      isReusable = isSent;
      // What the disk is still writing to is let go when it is done.
      if (!isReading) letGo();
    },
  };
}

/** Where the pieces of an object go. */
export interface PieceSink {
  /** Sends a piece; `onSent` is called once, when nobody looks at its bytes any more, or with what went wrong. */
  write(piece: Buffer, onSent: (error?: Error | null) => void): void;
  /** Everything was sent. */
  finish(): void;
  /** The disk has failed after `sentBytes`. */
  fail(sentBytes: number): void;
}

/** Sends an object from its first byte to its last; the function returned stops it when the viewer has gone. */
export function pumpStored(stored: StoredObject, sink: PieceSink): () => void {
  let sentBytes = 0;
  let isOver = false;

  function stop(isSent: boolean): void {
    isOver = true;
    stored.end(isSent);
  }

  function read(): void {
    stored.next((piece) => {
      if (piece === null) {
        stop(false);
        sink.fail(sentBytes);
        return;
      }
      sink.write(piece, (error) => {
        if (isOver) return;
        if (error !== undefined && error !== null) {
          stop(false);
          return;
        }
        sentBytes += piece.length;
        if (sentBytes < stored.bodyBytes) read();
        else {
          stop(true);
          sink.finish();
        }
      });
    });
  }

  read();
  return () => {
    if (!isOver) stop(false);
  };
}
