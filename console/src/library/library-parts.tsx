// Pieces of the library page: the search field, the upload tools, the empty state, the drop zone.

import { type DragEvent, type ReactNode, type RefObject, useState } from 'react';
import type { Visibility } from '../../../src/contract/media.ts';
import { may } from '../session.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty } from '../ui/states.tsx';

interface SearchFieldProps {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The search field; Escape empties it, then leaves it. */
export function SearchField({ field, value, onChange }: SearchFieldProps) {
  return (
    <search className="search">
      <Icon name="search" />
      <input
        ref={field}
        className="input"
        type="text"
        inputMode="search"
        maxLength={100}
        aria-label="Search the library"
        placeholder="Search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {value === '' ? (
        <kbd className="keycap">/</kbd>
      ) : (
        <button
          type="button"
          className="icon-button small"
          aria-label="Clear the search"
          onClick={() => onChange('')}
        >
          <Icon name="close" />
        </button>
      )}
    </search>
  );
}

interface UploadToolsProps {
  readonly picker: RefObject<HTMLInputElement | null>;
  readonly visibility: Visibility;
  readonly onVisibility: (visibility: Visibility) => void;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Who may watch what is uploaded next, and the button that uploads. */
export function UploadTools({ picker, visibility, onVisibility, onFiles }: UploadToolsProps) {
  return (
    <>
      <select
        className="input asset-library-visibility"
        aria-label="New uploads are"
        value={visibility}
        onChange={(event) => onVisibility(event.target.value === 'private' ? 'private' : 'public')}
      >
        <option value="public">Upload as public</option>
        <option value="private">Upload as private</option>
      </select>
      <button type="button" className="button primary" onClick={() => picker.current?.click()}>
        <Icon name="upload" />
        Upload
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}

interface EmptyLibraryProps {
  readonly search: string;
  readonly onClear: () => void;
  readonly picker: RefObject<HTMLInputElement | null>;
}

/** Nothing found, or nothing there yet. */
export function EmptyLibrary({ search, onClear, picker }: EmptyLibraryProps) {
  if (search !== '')
    return (
      <Empty
        icon="search"
        title="Nothing found"
        actions={
          <button type="button" className="button" onClick={onClear}>
            Clear the search
          </button>
        }
      >
        No asset is called “{search}”.
      </Empty>
    );
  return (
    <Empty
      icon="film"
      title="No videos yet"
      actions={
        may('operator') && (
          <button type="button" className="button primary" onClick={() => picker.current?.click()}>
            <Icon name="upload" />
            Upload the first one
          </button>
        )
      }
    >
      Drop files anywhere on this page. They can be watched from every region seconds after they arrive.
    </Empty>
  );
}

interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ReactNode;
}

/** Files may be dropped anywhere on the page. */
export function DropZone({ onFiles, children }: DropZoneProps) {
  const [depth, setDepth] = useState(0);
  const hasFiles = (event: DragEvent): boolean =>
    may('operator') && event.dataTransfer.types.includes('Files');
  return (
    <section
      className="drop-zone"
      aria-label="Library"
      onDragEnter={(event) => {
        if (hasFiles(event)) setDepth(depth + 1);
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDragLeave={(event) => {
        if (hasFiles(event)) setDepth(Math.max(0, depth - 1));
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setDepth(0);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {depth > 0 && (
        <div className="drop-veil">
          <div>
            <Icon name="upload" />
            <strong>Drop to upload</strong>
          </div>
        </div>
      )}
    </section>
  );
}
