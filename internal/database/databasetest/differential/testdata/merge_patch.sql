-- setup
CREATE TABLE docs (id integer PRIMARY KEY, data jsonb, old json);
INSERT INTO docs VALUES (1, '{"a": {"b": 1}, "t": [1, 2]}', '{"x": 1, "y": {"z": 1}}'), (2, NULL, NULL), (3, '7', '[]'), (4, 'null', 'null');

SELECT galley_docs.merge_patch('{"a":"b"}', '{"a":"c"}')

SELECT galley_docs.merge_patch('{"a":"b"}', '{"b":"c"}')

SELECT galley_docs.merge_patch('{"a":"b"}', '{"a":null}')

SELECT galley_docs.merge_patch('{"a":"b","b":"c"}', '{"a":null}')

SELECT galley_docs.merge_patch('{"a":["b"]}', '{"a":"c"}')

SELECT galley_docs.merge_patch('{"a":"c"}', '{"a":["b"]}')

SELECT galley_docs.merge_patch('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}')

SELECT galley_docs.merge_patch('{"a":[{"b":"c"}]}', '{"a":[1]}')

SELECT galley_docs.merge_patch('["a","b"]', '["c","d"]')

SELECT galley_docs.merge_patch('{"a":"b"}', '["c"]')

SELECT galley_docs.merge_patch('{"a":"foo"}', 'null')

SELECT galley_docs.merge_patch('{"a":"foo"}', '"bar"')

SELECT galley_docs.merge_patch('{"e":null}', '{"a":1}')

SELECT galley_docs.merge_patch('[1,2]', '{"a":"b","c":null}')

SELECT galley_docs.merge_patch('{}', '{"a":{"bb":{"ccc":null}}}')

SELECT galley_docs.merge_patch('{"a":1,"aa":2,"b":{"c":[1,{"d":2}],"e":null}}', '{"b":{"c":{"d":null,"x":{"y":null}},"zz":"","e":{}},"aa":null,"":0}')

SELECT galley_docs.merge_patch('1', '{"a":null}')

SELECT galley_docs.merge_patch('"x"', '{}')

SELECT galley_docs.merge_patch('null', '{"a":{"b":null}}')

SELECT galley_docs.merge_patch('{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":null}}}')

SELECT galley_docs.merge_patch('{"a":1.50,"b":1e2}', '{"b":-0.0,"c":12345678901234567890.10}')

SELECT galley_docs.merge_patch('{"\u00e9":1,"😀":{"k":1}}', '{"é":null,"😀":{"k":null,"l":[null]}}')

SELECT galley_docs.merge_patch('{"a":[{"b":null}]}', '{"c":[{"d":null}]}')

SELECT galley_docs.merge_patch('{"a":1}', '{"a":2,"a":null}')

SELECT galley_docs.merge_patch('{"a":{"x":1}}', '{"a":{}}')

SELECT galley_docs.merge_patch('[]', '[]')

SELECT galley_docs.merge_patch('{"k":true}', 'false')

SELECT galley_docs.merge_patch(NULL, '{"a": {"b": null, "c": 1}}')

SELECT galley_docs.merge_patch('{"a": 1}', NULL)

SELECT galley_docs.merge_patch(NULL, NULL) IS NULL

SELECT galley_docs.merge_patch('{"a": 1}', 'x')

SELECT galley_docs.merge_patch('{"a": 1}')

SELECT galley_docs.no_such('{"a": 1}')

UPDATE docs SET data = galley_docs.merge_patch(data, '{"a": {"b": null, "c": {"d": null}}, "n": 1}') RETURNING id, data

UPDATE docs SET old = galley_docs.merge_patch(old::jsonb, '{"y": {"z": null}}')::json RETURNING id, old::jsonb

UPDATE docs d SET data = galley_docs.merge_patch(d.data, o.data) FROM docs o WHERE o.id = d.id + 1 AND d.id < 3 RETURNING d.id, d.data

SELECT id, data FROM docs WHERE galley_docs.merge_patch(data, '{"n": null}') = '{"a": {"c": {}}}' ORDER BY id

SELECT galley_docs.merge_patch('{"a": 1}', '{"a": null}')
