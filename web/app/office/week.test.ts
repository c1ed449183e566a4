import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNightShift, readDay, readWeek, weekWords, withDayCopied } from './week.ts';

test('a day is read in order, however its openings were typed', () => {
  assert.deepEqual(
    readDay([
      { from: '14', to: '18h' },
      { from: '9', to: '12.30' },
    ]),
    {
      intervals: [
        { from: '09:00', to: '12:30' },
        { from: '14:00', to: '18:00' },
      ],
      wrong: new Map(),
    },
  );
});

test('what is no time, is empty or overlaps is named with the field that is wrong', () => {
  const { wrong } = readDay([
    { from: 'nine', to: '12:00' },
    { from: '13:00', to: '' },
    { from: '14:00', to: '14:00' },
    { from: '15:00', to: '18:00' },
    { from: '17:00', to: '19:00' },
  ]);
  assert.deepEqual(
    [...wrong],
    [
      [0, { field: 'from', why: 'no-time' }],
      [1, { field: 'to', why: 'no-time' }],
      [2, { field: 'to', why: 'empty' }],
      [4, { field: 'from', why: 'overlap' }],
    ],
  );
});

test('a night shift goes on into the next day, and overlaps what begins later on its own', () => {
  assert.equal(isNightShift({ from: '22:00', to: '2' }), true);
  assert.equal(isNightShift({ from: '9', to: '18' }), false);
  assert.equal(isNightShift({ from: '18:00', to: '24:00' }), false);
  assert.equal(isNightShift({ from: '18:00', to: '00:00' }), false, 'it ends with the day');
  const late = readDay([
    { from: '20:00', to: '02:00' },
    { from: '23:00', to: '24:00' },
  ]);
  assert.deepEqual([...late.wrong.keys()], [1]);
  const next = readWeek([
    { day: 1, from: '20:00', to: '02:00' },
    { day: 2, from: '01:00', to: '04:00' },
  ]);
  assert.equal(next.wrong.size, 0, 'the next day is another day');
});

test('a wrong time in the week is named by its place in what was typed', () => {
  const { weekly, wrong } = readWeek([
    { day: 2, from: '9', to: '12' },
    { day: 1, from: '9', to: '99' },
    { day: 1, from: '13', to: '18' },
  ]);
  assert.deepEqual([...wrong], [[1, { field: 'to', why: 'no-time' }]]);
  assert.deepEqual(weekly, [
    { day: 1, from: '13:00', to: '18:00' },
    { day: 2, from: '09:00', to: '12:00' },
  ]);
});

test('Monday is copied onto the days that are named, and the others stay', () => {
  const copied = withDayCopied(
    [
      { day: 1, from: '9', to: '18' },
      { day: 2, from: '10', to: '11' },
      { day: 6, from: '9', to: '12' },
    ],
    1,
    [1, 2, 3],
  );
  assert.deepEqual(copied, [
    { day: 1, from: '9', to: '18' },
    { day: 6, from: '9', to: '12' },
    { day: 2, from: '9', to: '18' },
    { day: 3, from: '9', to: '18' },
  ]);
});

test('a week is said in a line, with days alike together', () => {
  const days = (list: number[], from: string, to: string) => list.map((day) => ({ day, from, to }));
  const office = [...days([1, 2, 3, 4, 5], '09:00', '18:00'), ...days([6], '09:00', '12:00')];
  assert.equal(weekWords(office, 'en'), 'Mon–Fri 09:00–18:00; Sat 09:00–12:00');
  assert.equal(weekWords(office, 'fr'), 'lun–ven 09:00–18:00 ; sam 09:00–12:00');
  assert.equal(weekWords(days([1, 2, 3, 4, 5, 6, 7], '00:00', '24:00'), 'en'), 'every day, all day');
  assert.equal(weekWords(days([1, 2, 3, 4, 5, 6, 7], '08:00', '20:00'), 'fr'), 'chaque jour 08:00–20:00');
  assert.equal(weekWords(days([6, 7], '22:00', '02:00'), 'en'), 'Sat, Sun 22:00–02:00');
  assert.equal(weekWords([], 'en'), 'never open');
});
