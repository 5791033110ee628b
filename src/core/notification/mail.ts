// A notification as a mail: plain text for whoever reads it on a watch, and the same in small HTML. No pictures, no
// styles, nothing that is loaded from anywhere.

import { type Notification, plainText } from './notification.ts';

export interface MailBody {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Subject and both bodies. Subjects are one line, and short enough for a list of mails. */
export function mailBody(notification: Notification): MailBody {
  const { severity, text, title, url } = notification;
  const lines = text.split('\n').map(escapeHtml).join('<br>\n');
  const link = /^https?:\/\//.test(url) ? `\n<p><a href="${escapeHtml(url)}">Open in Meridian</a></p>` : '';
  return {
    subject: oneLine(severity === 'info' ? title : `[${severity}] ${title}`),
    text: `${title}\n\n${plainText(notification)}`,
    html: `<!doctype html>\n<p><b>${escapeHtml(title)}</b></p>\n<p>${lines}</p>${link}\n`,
  };
}

const SUBJECT_LENGTH_MAX = 200;

function oneLine(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  return line.length <= SUBJECT_LENGTH_MAX ? line : `${line.slice(0, SUBJECT_LENGTH_MAX - 1)}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
