// The page: state, one render function, and events that change the state through
// the API. The list that is shown stands in the address (#list=2).
import { lists, todos } from './api.js'

const $ = id => document.getElementById(id)
const state = { lists: [], current: null, todos: [], filter: 'all' }

const shown = {
  all: () => true,
  open: todo => !todo.done,
  done: todo => todo.done,
}

const nothing = {
  all: 'Nothing here yet. Add the first one above.',
  open: 'All done.',
  done: 'Nothing is done yet.',
}

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

function render() {
  const current = state.lists.find(list => list.id === state.current)
  $('list-title').textContent = current?.name ?? 'No list'
  document.title = current ? `${current.name} · To-dos` : 'To-dos'
  $('lists').replaceChildren(...state.lists.map(listItem))
  const visible = state.todos.filter(shown[state.filter])
  $('todos').replaceChildren(...visible.map(todoItem))
  $('empty').hidden = visible.length > 0
  $('empty').textContent = current ? nothing[state.filter] : 'Add a list above.'
  const open = state.todos.filter(shown.open).length
  $('count').textContent = current ? `${open} of ${state.todos.length} open` : ''
  $('new-todo').hidden = !current
  $('clear').disabled = open === state.todos.length
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.setAttribute('aria-pressed', button.dataset.filter === state.filter)
  }
}

function listItem(list) {
  const button = element('button', { type: 'button', textContent: list.name })
  if (list.id === state.current) button.setAttribute('aria-current', 'true')
  button.addEventListener('click', () => { location.hash = `list=${list.id}` })
  return element('li', {}, button)
}

function todoItem(todo) {
  const box = element('input', { type: 'checkbox', checked: todo.done, id: `todo-${todo.id}` })
  box.addEventListener('change', () => attempt(async () => {
    const changed = await todos.change(todo.id, { done: box.checked })
    state.todos = state.todos.map(t => t.id === todo.id ? changed ?? t : t)
  }, `todo-${todo.id}`))
  const remove = element('button', { type: 'button', className: 'quiet remove', textContent: '×', title: 'Delete' })
  remove.setAttribute('aria-label', `Delete ${todo.title}`)
  remove.addEventListener('click', () => attempt(async () => {
    await todos.remove(todo.id)
    state.todos = state.todos.filter(t => t.id !== todo.id)
  }, 'todo-title'))
  const text = element('span', { className: todo.done ? 'done' : '', textContent: todo.title })
  return element('li', {}, element('label', {}, box, text), remove)
}

// attempt runs a change, shows what went wrong, draws, and puts the focus back.
async function attempt(change, focus) {
  $('problem').hidden = true
  try {
    await change()
  } catch (error) {
    $('problem').textContent = `That did not work: ${error.message}`
    $('problem').hidden = false
  }
  render()
  if (focus) $(focus)?.focus()
}

async function show() {
  const wanted = Number(new URLSearchParams(location.hash.slice(1)).get('list'))
  const list = state.lists.find(l => l.id === wanted) ?? state.lists[0]
  state.current = list?.id ?? null
  const found = list ? await todos.of(list.id) : []
  if (state.current === (list?.id ?? null)) state.todos = found // unless another was chosen meanwhile
}

$('new-todo').addEventListener('submit', event => {
  event.preventDefault()
  const input = $('todo-title')
  const title = input.value.trim()
  if (!title) return
  attempt(async () => {
    state.todos.push(await todos.add(state.current, title))
    input.value = ''
  }, 'todo-title')
})

$('new-list').addEventListener('submit', event => {
  event.preventDefault()
  const input = $('list-name')
  const name = input.value.trim()
  if (!name) return
  attempt(async () => {
    const list = await lists.add(name)
    state.lists.push(list)
    input.value = ''
    location.hash = `list=${list.id}`
  })
})

$('clear').addEventListener('click', () => attempt(async () => {
  await todos.removeDone(state.current)
  state.todos = state.todos.filter(shown.open)
}, 'todo-title'))

for (const button of document.querySelectorAll('[data-filter]')) {
  button.addEventListener('click', () => { state.filter = button.dataset.filter; render() })
}

addEventListener('hashchange', () => attempt(show, 'list-title'))

attempt(async () => {
  state.lists = await lists.all()
  await show()
})
