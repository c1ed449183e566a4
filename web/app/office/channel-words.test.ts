import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideOf, channelWords, interruptEachOther, missesWords, withBeside } from './channel-words.ts';

const rules = {
  voice: { chat: 'excluded', messaging: 'excluded', email: 'interrupts' },
  email: { voice: 'excluded' },
} as const;

test('the table is said in sentences, a channel to each, and then the rest', () => {
  assert.deepEqual(channelWords(rules, 'en'), [
    'A call is not offered to an agent who handles a chat or a message, and may interrupt an e-mail.',
    'An e-mail is not offered to an agent who handles a call.',
    'All others go together, as far as the agent has free places.',
  ]);
  assert.deepEqual(channelWords(rules, 'fr'), [
    'Un appel n’est pas proposé à qui traite un chat ou un message et peut interrompre un courriel.',
    'Un courriel n’est pas proposé à qui traite un appel.',
    'Les autres canaux vont ensemble, dans la limite des places libres du conseiller.',
  ]);
});

test('where nothing is ruled, all channels go together; where all is ruled, there is no rest', () => {
  assert.deepEqual(channelWords({}, 'en'), [
    'All channels go together, as far as the agent has free places.',
  ]);
  const alone = {
    voice: { email: 'excluded', chat: 'excluded', messaging: 'excluded' },
    email: { voice: 'excluded', chat: 'excluded', messaging: 'excluded' },
    chat: { voice: 'excluded', email: 'excluded', messaging: 'excluded' },
    messaging: { voice: 'excluded', email: 'excluded', chat: 'excluded' },
  } as const;
  assert.equal(channelWords(alone, 'en').length, 4);
});

test('together is what holds where nothing is said, and what is set so is no longer said', () => {
  assert.equal(besideOf(rules, 'chat', 'voice'), 'together');
  const changed = withBeside(rules, 'voice', 'email', 'together');
  assert.deepEqual(changed.voice, { chat: 'excluded', messaging: 'excluded' });
  assert.deepEqual(withBeside(rules, 'chat', 'email', 'interrupts').chat, { email: 'interrupts' });
});

test('two channels that would interrupt each other are both named', () => {
  assert.equal(interruptEachOther(rules).size, 0);
  const both = withBeside(rules, 'email', 'voice', 'interrupts');
  assert.deepEqual([...interruptEachOther(both)].sort(), ['email voice', 'voice email']);
});

test('one miss, or several in a row, make an agent not responding', () => {
  assert.match(missesWords(1, 'en'), /lets a single offer pass/);
  assert.match(missesWords(3, 'en'), /lets 3 offers in a row pass/);
  assert.match(missesWords(3, 'fr'), /laisse passer 3 propositions de suite/);
});
