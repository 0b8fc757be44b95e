-- setup
create table docs (n integer primary key, d jsonb);
insert into docs values (0, 'null'), (1, 'true'), (2, '0'), (3, '-0.5'), (4, '1.0'), (5, '3'), (6, '10'), (7, '1e3'), (8, '99999999999999999999.5'), (9, '""'), (10, '"a"'), (11, '"abc"'), (12, '"日本語"'), (13, '"b@c.de"'), (14, '"2024-02-29"'), (15, '"2023-02-29"'), (16, '"2024-02-29T23:59:59.5Z"'), (17, '"2024-13-01T00:00:00Z"'), (18, '"11111111-1111-1111-1111-111111111111"'), (19, '"1111111-1111-1111-1111-111111111111"'), (20, '[]'), (21, '[1]'), (22, '[1,1.0]'), (23, '[1,"a",null]'), (24, '["a","b","a"]'), (25, '[[1],[1]]'), (26, '[{"a":1},{"a":1.0}]'), (27, '{}'), (28, '{"a":1}'), (29, '{"a":"x","b":2}'), (30, '{"a":{"a":{"a":null}}}'), (31, '{"b":[1,2,3],"é":true}'), (32, '{"abc":1,"x1":"s","a/b":3,"m~n":"q"}');

-- ordered
select n, d, galley_docs.valid('true', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('false', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "integer"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": ["string", "null"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "number"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "array"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "object"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "boolean"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"const": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"const": {"a": 1.0}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"const": [1, 1]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"enum": ["a", null, [1], 3.0, {"a": 1}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"enum": [0]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minimum": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maximum": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"exclusiveMinimum": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"exclusiveMaximum": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 0.5}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 3}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 0.01}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minLength": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxLength": 3}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minLength": 3.0}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxLength": 0}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "^a"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "b"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "\\d"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "^\\w+$"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "^(?=a)"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": ""}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "uuid"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "email"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "date"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "date-time"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"type": "integer"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"type": "integer"}, {"type": "string"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"type": "integer"}, false]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [true], "items": {"type": "string"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [true, true], "items": false, "minItems": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minItems": 2}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxItems": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"uniqueItems": true}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"uniqueItems": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"const": "a"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": true}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"type": "integer"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"patternProperties": {"": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": true}, "additionalProperties": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"propertyNames": {"maxLength": 1}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"propertyNames": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a", "b"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": []}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a/b"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minProperties": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxProperties": 1}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"required": ["a"]}, {"maxProperties": 1}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"type": "string"}, {"minimum": 3}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"type": "number"}, {"type": "integer"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"minimum": 3}, {"maximum": 10}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"type": "object"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"type": "number"}, "then": {"minimum": 1}, "else": {"maxLength": 2}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"required": ["a"]}, "then": {"required": ["b"]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"type": "string"}, "else": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"then": false, "else": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": ["object", "null"], "properties": {"a": {"$ref": "#"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}, "m~n": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"type": "array"}, {"$ref": "#/anyOf/0/items"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"type": "array", "items": true}, {"$ref": "#/$defs/x"}], "$defs": {"x": {"$ref": "#/$defs/y"}, "y": {"const": "a"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": true, "readOnly": true, "writeOnly": false, "$comment": "c", "type": "string"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"anyOf": [{"const": 1}, {"not": {"type": "array"}}, {"propertyNames": false}]}, {"enum": [0]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"pattern": ""}, {"contains": {"contains": {"properties": {"a": true}, "additionalProperties": false}}}, {"pattern": ""}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 3}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"minItems": 2}, {"prefixItems": [{"pattern": "b"}]}, {"contains": {"const": 1}, "additionalProperties": {"if": {"type": "string"}, "else": false}, "items": {"maxProperties": 1}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"not": {"not": {"enum": ["a", null, [1], 3.0, {"a": 1}]}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"oneOf": [{"type": "number"}, {"type": "integer"}]}, "prefixItems": [{"contains": {"maxItems": 1}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"contains": {"anyOf": [{"items": false}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"minItems": 2}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"properties": {"abc": {"items": {"minLength": 3.0}}, "a": {"additionalProperties": {"const": 1}}}}, {"prefixItems": [{"type": "integer"}, false]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "date"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"required": ["a/b"]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"properties": {"abc": {"items": {"patternProperties": {"": false}}}, "é": {"oneOf": [{"maxLength": 0}]}}}, "then": {"format": "uuid"}, "else": {"pattern": "^a"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"items": {"items": {"multipleOf": 0.5}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"additionalProperties": {"properties": {"a": true}, "additionalProperties": false}}, {"properties": {"a": {"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}, "b": {"const": 1}}}, {"pattern": "^\\w+$"}], "anyOf": [{"anyOf": [{"minLength": 1}]}, {"items": {"type": "number"}}], "pattern": "^\\w+$"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"items": {"additionalProperties": {"exclusiveMaximum": 1}}}, {"oneOf": [{"type": "number"}, {"type": "integer"}]}, {"additionalProperties": {"if": {"enum": ["a", null, [1], 3.0, {"a": 1}]}, "then": {"multipleOf": 0.01}, "else": {"maximum": 1}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"oneOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"type": "number", "if": {"required": ["a"]}, "then": {"required": ["b"]}, "prefixItems": [true, true], "items": false, "minItems": 1}, {"anyOf": [{"items": {"type": "integer"}}, {"if": {"type": "number"}, "then": {"minimum": 1}, "else": {"maxLength": 2}}, {"properties": {"a": false}}]}]}, "then": {"items": {"then": false, "else": false, "not": {"type": "object"}, "uniqueItems": false}}, "else": {"contains": {"not": {"format": "email"}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"oneOf": [{"minimum": 3}, {"maximum": 10}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"additionalProperties": {"contains": {"contains": true}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"items": {"maximum": 1}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "\\d"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"contains": {"additionalProperties": {"contains": true}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"additionalProperties": false}, {"not": {"oneOf": [{"uniqueItems": false}, {"enum": [0]}]}}, {"properties": {"é": {"anyOf": [{"maxLength": 3}, {"minLength": 3.0}, {"multipleOf": 0.5}]}, "b": {"maxProperties": 1}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"additionalProperties": {"items": {"minLength": 1}}}, {"oneOf": [{"maximum": 1}]}, {"oneOf": [{"not": {"pattern": "^(?=a)"}}, {"pattern": "^(?=a)"}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"items": {"properties": {"b": {"properties": {"a": {"type": "integer"}}}, "a": {"minProperties": 1}}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"minLength": 1, "allOf": [{"pattern": "^a"}, {}], "oneOf": [{"multipleOf": 0.01}], "anyOf": [{"allOf": [{"required": []}]}, {"not": {}, "pattern": "\\d", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, {"anyOf": [{"type": "string"}, {"minimum": 3}], "not": {"type": "object"}, "format": "date"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"not": {"oneOf": [{"exclusiveMaximum": 1}, {"properties": {"a": true}, "additionalProperties": false}]}}, "then": {"anyOf": [{"const": [1, 1]}, {"prefixItems": [true, true], "items": false, "minItems": 1}, {"oneOf": [{"properties": {"a": false}}, {"multipleOf": 0.01}, {"format": "date-time"}]}]}, "else": {"additionalProperties": {"minimum": 1}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"pattern": ""}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a", "b"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"abc": {"maxItems": 1}, "b": {"properties": {"a": false}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": true, "readOnly": true, "writeOnly": false, "$comment": "c", "type": "string"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"contains": {"anyOf": [{"format": "uuid"}]}}, {"anyOf": [{"allOf": [{"items": false}]}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"abc": {"not": {}}, "b": {"items": {"const": 1}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"if": {"prefixItems": [{"items": {"type": "integer"}}]}, "then": {"pattern": ""}, "else": {"exclusiveMaximum": 1}}, {"items": {"properties": {"abc": {"multipleOf": 0.5}, "é": {"type": "object"}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"oneOf": [{"pattern": "\\d"}, {"prefixItems": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"pattern": "^\\w+$"}]}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"allOf": [{"type": "array"}, {"type": "integer"}]}, "then": {"not": {"type": "object"}}, "else": {"not": {"not": {}}}, "additionalProperties": {"required": ["a", "b"]}, "properties": {"abc": {"pattern": "^(?=a)"}, "é": {"format": "uuid"}}, "prefixItems": [{"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}], "allOf": [{"type": "integer"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "date-time"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"properties": {"abc": {"prefixItems": [true], "items": {"type": "string"}}, "é": {"pattern": "^a"}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a/b"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"pattern": "^a"}, {"patternProperties": {"": false}}], "prefixItems": [{"type": "integer"}, {"type": "string"}], "not": {}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"enum": [0]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "object"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"not": {"if": {"required": ["a"]}, "then": {"required": ["b"]}}}, "then": {"oneOf": [{"contains": {"additionalProperties": false}}, {"additionalProperties": {"minLength": 1}}, {"contains": {"multipleOf": 0.01}}]}, "else": {"not": {}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "contains": {"allOf": [{"format": "uuid"}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"type": "number"}]}, "properties": {"a": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"é": {"type": ["string", "null"]}, "abc": {"prefixItems": [{"allOf": [{"const": {"a": 1.0}}, {"not": {"type": "object"}}]}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"additionalProperties": {"anyOf": [{"format": "email"}, {"pattern": "^\\w+$"}]}}, {"minProperties": 1}, {"properties": {"a": {"if": {"type": "object"}, "then": {"pattern": "\\d"}, "else": {"const": [1, 1]}}, "b": {"items": {"format": "date-time"}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"oneOf": [{"additionalProperties": {"items": false}}]}, "then": {"anyOf": [{"oneOf": [{"type": "number"}, {"type": "integer"}]}, {"prefixItems": [{"type": "integer"}, false], "maxProperties": 1}, {"anyOf": [{"pattern": "\\d"}, {"minItems": 2}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}]}]}, "else": {"allOf": [{"required": ["a/b"], "items": false, "additionalProperties": false}, {"pattern": "^\\w+$"}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"enum": [0]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"required": ["a"]}, "then": {"required": ["b"]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"not": {}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"additionalProperties": {"additionalProperties": {"properties": {"a": true}, "additionalProperties": false}}}, {}, {"prefixItems": [{"oneOf": [{"contains": true}, {"patternProperties": {"": false}}]}, {"items": {}}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"anyOf": [{"if": {"format": "date-time"}, "then": {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}, "else": {"const": {"a": 1.0}}}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"required": ["a"]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"prefixItems": [{"type": "integer"}, false]}, {"oneOf": [{"properties": {"abc": {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}, "a": {"required": ["a"]}}}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"anyOf": [{"propertyNames": {"maxLength": 1}}], "oneOf": [{"prefixItems": [{"type": "integer"}, false]}, {"oneOf": [{"type": "number"}, {"type": "integer"}]}, {"type": "boolean"}], "multipleOf": 0.5, "minLength": 3.0, "allOf": [{"required": ["a"]}, {"maxProperties": 1}]}, {"if": {"prefixItems": [{"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}, {"format": "email"}]}, "then": {"properties": {"a": true}, "additionalProperties": false, "exclusiveMaximum": 1, "minLength": 3.0}, "else": {"anyOf": [{"not": {"type": "object"}}]}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"additionalProperties": {"additionalProperties": {"required": ["a"]}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "b"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxLength": 0}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"items": {"type": "integer"}}, {"not": {"properties": {"é": {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, "b": {"pattern": "^\\w+$"}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"additionalProperties": {"items": {"multipleOf": 0.5}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"format": "date"}, "prefixItems": [{"if": {"type": ["string", "null"]}, "then": {"multipleOf": 0.5}, "else": {"type": "array"}}, {"additionalProperties": {"oneOf": [{"type": "number"}, {"type": "integer"}]}}], "properties": {"a": true}, "additionalProperties": false}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"maximum": 1}, "minLength": 1, "prefixItems": [{"prefixItems": [{"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": true, "readOnly": true, "writeOnly": false, "$comment": "c", "type": "string"}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"type": "array"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"prefixItems": [{"properties": {"a": {"const": [1, 1]}, "é": {"prefixItems": [true, true], "items": false, "minItems": 1}}}, {"contains": {"pattern": "b"}}]}, "then": {"not": {"allOf": [{"if": {"type": "string"}, "else": false}]}}, "else": {"additionalProperties": {"items": {"format": "date"}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"allOf": [{"if": {"const": 1}, "then": {"type": ["string", "null"]}, "else": {"pattern": "b"}}, {"prefixItems": [{"propertyNames": false}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"format": "date-time"}]}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"required": ["a"]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"items": {"items": {"properties": {"a": true}, "additionalProperties": false}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [true], "items": {"type": "string"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"minimum": 3}, {"maximum": 10}], "if": {"not": {"format": "uuid"}}, "then": {"if": {"prefixItems": [true], "items": {"type": "string"}}, "then": {"maximum": 1}, "else": {"oneOf": [{"minimum": 3}, {"maximum": 10}]}}, "else": {"not": {"oneOf": [{"type": "number"}, {"type": "integer"}]}}, "prefixItems": [{"oneOf": [{"type": "boolean"}, {"pattern": "^(?=a)"}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 0.01}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"items": {"anyOf": [{"uniqueItems": false}]}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"required": ["a"]}, "then": {"required": ["b"]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"properties": {"abc": {"anyOf": [{"enum": ["a", null, [1], 3.0, {"a": 1}]}]}, "b": {"items": {"propertyNames": false}}}}, {"anyOf": [{"not": {"patternProperties": {"": false}}}, {"if": {"required": ["a", "b"]}, "then": {"enum": [0]}, "else": {"type": "boolean"}}, {"not": {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"properties": {"a": false}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"propertyNames": {"maxLength": 1}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "array"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"const": {"a": 1.0}}, {"items": {"items": {"type": "object"}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"if": {"const": {"a": 1.0}}, "then": {"format": "uuid"}, "else": {"maxProperties": 1}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"abc": {"oneOf": [{"prefixItems": [true, true], "items": false, "minItems": 1}, {"oneOf": [{"format": "email"}, {"uniqueItems": true}, {"maxItems": 1}]}]}, "b": {"contains": {"pattern": "\\d"}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"prefixItems": [{"uniqueItems": true, "maxLength": 3, "required": ["a"]}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"not": {"oneOf": [{"minimum": 3}, {"maximum": 10}]}}, {"additionalProperties": {"multipleOf": 3}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"not": {"prefixItems": [{"prefixItems": [true], "items": {"type": "string"}}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"if": {"not": {"required": []}}, "then": {"format": "date"}, "else": {"prefixItems": [{"type": "integer"}, false]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"const": {"a": 1.0}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"not": {"anyOf": [{"maxProperties": 1}, {"type": "array"}, {"maximum": 1}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "uuid"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"prefixItems": [true], "items": {"type": "string"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "boolean"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "b"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"oneOf": [{"prefixItems": [{"maximum": 1}]}, {"contains": {"contains": true}}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"allOf": [{"not": {"type": "integer"}}, {"properties": {"abc": {"minItems": 2}, "a": {"const": [1, 1]}}}, {"oneOf": [{"minimum": 3}, {"maximum": 10}]}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"properties": {"a": true}, "additionalProperties": false}, {"oneOf": [{"prefixItems": [{"properties": {"a": true}, "additionalProperties": false}]}, {"properties": {"abc": {"minItems": 2}, "é": {"propertyNames": false}}}, {"if": {"properties": {"a": {"type": "integer"}}}, "then": {"propertyNames": false}, "else": {"propertyNames": false}}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": false}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"é": {"properties": {"b": {"enum": [0]}, "é": {"items": {"minProperties": 1}}}}, "a": {"oneOf": [{"multipleOf": 0.01}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"items": {"oneOf": [{"contains": true}]}}, "abc": {"const": {"a": 1.0}, "oneOf": [{"type": "number"}, {"type": "integer"}], "not": {"prefixItems": [true, true], "items": false, "minItems": 1}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "object"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"contains": {"properties": {"a": {"maxLength": 3}, "abc": {"pattern": ""}}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"additionalProperties": {"pattern": "^(?=a)"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"type": "number"}, "then": {"minimum": 1}, "else": {"maxLength": 2}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"type": "integer"}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"format": "date"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"type": "array"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"minProperties": 1}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"if": {"properties": {"é": {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}, "abc": {"required": ["a/b"]}}}, "then": {"oneOf": [{}]}, "else": {"additionalProperties": {"maxProperties": 1}}}, {"minProperties": 1}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"anyOf": [{"items": {"enum": [0]}}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"anyOf": [{"maxItems": 1}, {"not": {}}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}]}], "not": {"type": "object"}, "prefixItems": [{"const": {"a": 1.0}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"oneOf": [{"type": "number"}, {"type": "integer"}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"not": {"contains": true}}, {"if": {"prefixItems": [{"type": "integer"}, {"type": "string"}]}, "then": {"additionalProperties": {"multipleOf": 0.01}}, "else": {"additionalProperties": {"pattern": "^\\w+$"}}}, {"contains": {"items": {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "^a"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"properties": {"b": {"if": {"required": ["a"]}, "then": {"required": ["b"]}}, "é": {"properties": {"a": false}}}}, {"additionalProperties": {"contains": {"maximum": 1}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"abc": {"items": {"multipleOf": 0.01}}, "b": {"anyOf": [{"format": "uuid"}, {"maxLength": 0}]}}, "allOf": [{"if": {"minItems": 2}, "then": {"maxItems": 1}, "else": {}}, {"not": {"minLength": 1}}], "prefixItems": [{"items": {"type": "boolean"}}, {"format": "uuid"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"properties": {"a": {"type": "integer"}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"additionalProperties": {"minimum": 1}}, "additionalProperties": {"type": "integer"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"multipleOf": 0.01}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"if": {"allOf": [{"contains": true}, {"required": []}, {"if": {"type": "number"}, "then": {"minimum": 1}, "else": {"maxLength": 2}}]}, "then": {"not": {"minLength": 3.0}}, "else": {"allOf": [{"if": {"type": "string"}, "else": false}]}}, "then": {"pattern": "^a"}, "else": {"const": 1}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"prefixItems": [{"pattern": "\\d"}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"properties": {"b": {"if": {"type": "boolean"}, "then": {"anyOf": [{"type": "string"}, {"minimum": 3}]}, "else": {"if": {"type": "string"}, "else": false}}, "abc": {"required": ["a", "b"]}}}, {"additionalProperties": {"required": ["a/b"]}}, {"maximum": 1}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"items": {"type": "integer"}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"prefixItems": [{"items": {"type": "string"}, "prefixItems": [true], "pattern": "^(?=a)"}, {"not": {"type": "object"}}]}, "then": {"items": {"type": "integer"}}, "else": {"not": {"items": {"pattern": "b"}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"properties": {"é": {"allOf": [{"required": ["a", "b"]}]}, "b": {"not": {"minItems": 2}}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"oneOf": [{"maximum": 1}]}, "abc": {"oneOf": [{"allOf": [{"type": "object"}]}, {"type": "object"}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"items": {"if": {"type": "string"}, "else": false}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"anyOf": [{"exclusiveMinimum": 1}]}, {"enum": [0]}, {"prefixItems": [{"anyOf": [{"minimum": 1}]}, {"prefixItems": [{"prefixItems": [true], "items": {"type": "string"}}]}, {"properties": {"abc": {"contains": true}, "a": {"format": "date-time"}}}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"items": {"contains": {"not": {"type": "object"}}}}, {"if": {"allOf": [{"type": "number"}, {"required": ["a", "b"]}]}, "then": {"anyOf": [{"allOf": [{"required": ["a"]}, {"maxProperties": 1}]}, {"type": "boolean"}]}, "else": {"not": {"enum": [0]}}}, {"if": {}, "then": {"if": {"type": "boolean"}, "then": {}, "else": {"contains": true}}, "else": {"additionalProperties": {"pattern": "^a"}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"contains": {"oneOf": [{"pattern": "^(?=a)"}, {"format": "uuid"}], "anyOf": [{"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"oneOf": [{"type": "number"}, {"type": "integer"}]}, {"maximum": 1}], "items": {"minimum": 1}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"allOf": [{"items": {"type": "integer"}}, {"not": {"type": "object"}, "minLength": 3.0, "patternProperties": {"": false}}]}, "b": {"prefixItems": [{"oneOf": [{"type": "array"}, {"contains": true}, {"uniqueItems": true}]}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"items": {"required": []}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"oneOf": [{"not": {"not": {"type": "object"}}}, {"prefixItems": [true, true], "items": false, "minItems": 1}]}, "then": {"contains": {"minLength": 1}}, "else": {"items": {"items": {"maxLength": 3}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"pattern": "b"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"anyOf": [{"oneOf": [{"prefixItems": [true, true], "items": false, "minItems": 1}, {"required": ["a", "b"]}]}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"if": {"additionalProperties": false}, "then": {"allOf": [{"required": ["a", "b"]}, {"pattern": ""}]}, "else": {"prefixItems": [{"maxProperties": 1}, {"type": ["string", "null"]}]}}, {"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}, {"format": "date"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"é": {"prefixItems": [{"not": {"pattern": "^a"}}, {"additionalProperties": {"required": ["a", "b"]}}, {"prefixItems": [{"minimum": 1}, {"propertyNames": false}, {"format": "date"}]}]}, "a": {"prefixItems": [{"properties": {"é": {"type": ["string", "null"]}, "b": {"propertyNames": {"maxLength": 1}}}}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"items": {"properties": {"é": {"type": "array"}, "a": {"format": "date-time"}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"not": {"anyOf": [{"minProperties": 1}, {"then": false, "else": false}, {"pattern": "^\\w+$"}]}}, {"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}, "properties": {"é": {"pattern": "^a"}, "a": {"properties": {"a": true}, "additionalProperties": false}}, "anyOf": [{"properties": {"a": {"type": "integer"}}}, {"const": 1}, {"format": "date-time"}]}, {"properties": {"a": {"propertyNames": false}, "é": {"prefixItems": [{"items": {"type": "integer"}}, {"maximum": 1}]}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"é": {"const": {"a": 1.0}}, "a": {"prefixItems": [{"allOf": [{"required": ["a"]}, {"maxProperties": 1}]}]}}, "not": {"items": false}, "additionalProperties": {"properties": {"a": {"type": "integer"}}}, "prefixItems": [{"required": ["a"]}, {"pattern": "^a"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"prefixItems": [{"additionalProperties": {"required": ["a"]}}, {"anyOf": [{"properties": {"a": false}}, {"minLength": 1}, {"prefixItems": [true, true], "items": false, "minItems": 1}]}]}, "then": {"allOf": [{"items": {"multipleOf": 3}}]}, "else": {"items": {"allOf": [{"type": "integer"}, {"pattern": "^\\w+$"}, {"const": [1, 1]}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"contains": {"format": "uuid"}}, "then": {"required": ["a/b"]}, "else": {"oneOf": [{"minLength": 3.0, "enum": [0], "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": true, "readOnly": true, "writeOnly": false, "$comment": "c", "type": "string"}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"pattern": "^(?=a)"}, "then": {"additionalProperties": {"anyOf": [{"exclusiveMaximum": 1}, {"items": {"type": "integer"}}, {"propertyNames": false}]}}, "else": {"multipleOf": 3}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"maxProperties": 1, "additionalProperties": {"minLength": 3.0}, "allOf": [{"additionalProperties": {"oneOf": [{"minimum": 3}, {"maximum": 10}]}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"properties": {"a": {"prefixItems": [{"type": "number"}, {"type": ["string", "null"]}, {"type": "object"}]}, "é": {"items": {"minimum": 1}}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"additionalProperties": {"oneOf": [{"propertyNames": false}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"items": {"properties": {"a": false}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"items": {"required": ["a"]}}, "allOf": [{"additionalProperties": {"properties": {"a": true}, "patternProperties": {"b": true}, "additionalProperties": {"type": "boolean"}}}, {"if": {"not": {"type": "object"}}, "then": {"contains": true}, "else": {"pattern": "^\\w+$"}}], "anyOf": [{"prefixItems": [true, true], "items": false, "minItems": 1}, {"enum": [0]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"properties": {"a": {"allOf": [{"pattern": "b"}]}, "b": {"additionalProperties": {"const": 1}}}}, {"contains": {"enum": ["a", null, [1], 3.0, {"a": 1}]}, "minProperties": 1}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"oneOf": [{"allOf": [{"prefixItems": [{"patternProperties": {"^a": {"type": "integer"}, "b": {"type": "number"}}}]}, {"oneOf": [{"items": {"type": "integer"}}, {"prefixItems": [true, true], "items": false, "minItems": 1}]}]}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"type": "array"}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"a": {"allOf": [{"properties": {"é": {"const": {"a": 1.0}}, "b": {"type": "integer"}}}]}, "b": {"contains": {"prefixItems": [{"allOf": [{"required": ["a"]}, {"maxProperties": 1}]}]}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"required": ["a"]}, {"maxProperties": 1}], "minLength": 1, "properties": {"a": {"anyOf": [{"pattern": "^(?=a)"}]}, "é": {"oneOf": [{"type": ["string", "null"]}, {"prefixItems": [{"type": "integer"}, {"type": "string"}]}]}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"not": {"oneOf": [{"oneOf": [{"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"prefixItems": [true], "items": {"type": "string"}}, {"oneOf": [{"minimum": 3}, {"maximum": 10}]}]}]}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"allOf": [{"const": 1}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}, {"if": {"minLength": 3.0}, "then": {"oneOf": [{"type": "number"}, {"type": "integer"}]}, "else": {"const": 1}}]}, "then": {"contains": {"additionalProperties": {"minLength": 3.0}}}, "else": {"exclusiveMinimum": 1}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"prefixItems": [{"properties": {"é": {"additionalProperties": {"items": false}}, "b": {"contains": {"uniqueItems": false}}}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"contains": {"contains": {"type": "integer"}}}, {"contains": {"contains": {"required": ["a"]}}}, {"not": {"prefixItems": [{"format": "uuid"}, {"required": ["a/b"]}]}}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"allOf": [{"properties": {"b": {"allOf": [{"multipleOf": 0.01}, {"multipleOf": 0.01}]}, "abc": {"oneOf": [{"minimum": 3}, {"maximum": 10}], "contains": true, "if": {"type": "string"}, "else": false}}}, {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1, "examples": [1], "deprecated": true, "readOnly": true, "writeOnly": false, "$comment": "c", "type": "string"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"properties": {"b": {"not": {"allOf": [{"properties": {"a": true}, "additionalProperties": false}, {"maxProperties": 1}, {"pattern": "^\\w+$"}]}}, "abc": {"contains": {"properties": {"é": {"enum": [0]}, "abc": {"if": {"type": "string"}, "else": false}}}}}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"uniqueItems": true, "anyOf": [{"type": "string"}, {"minimum": 3}], "not": {"pattern": "^(?=a)"}, "pattern": "^a"}]}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"if": {"contains": {"minLength": 1, "format": "date", "type": "object"}}, "then": {"additionalProperties": {"anyOf": [{"maxProperties": 1}, {"enum": ["a", null, [1], 3.0, {"a": 1}]}]}}, "else": {"type": "number"}}', d) from docs order by n

-- ordered
select n, d, galley_docs.valid('{"anyOf": [{"oneOf": [{"type": "number"}, {"type": "integer"}]}], "not": {"if": {"required": ["a"]}, "then": {"minimum": 1}, "else": {"required": ["a/b"]}}, "contains": {"if": {"type": "array"}, "then": {"contains": {"const": "a"}}, "else": {"pattern": "\\d"}}}', d) from docs order by n

select galley_docs.valid(null, '1')

select galley_docs.valid('{}', null)

select galley_docs.valid('1', '1')

select galley_docs.valid('{"unevaluatedProperties": false}', '1')

select galley_docs.valid('{"format": "ipv9"}', '"a"')

select galley_docs.valid('{"$ref": "http://example.com"}', '1')

select galley_docs.valid('{"$id": "http://example.com"}', '1')

select galley_docs.valid('{"pattern": "("}', '"a"')

select galley_docs.valid('{"not": {"dependencies": {}}}', '1')

select galley_docs.valid('x', '1')

-- tx: rollback
create table books (id integer primary key, data jsonb not null, constraint books_schema check (galley_docs.valid('{"type": "object", "required": ["title"], "properties": {"title": {"type": "string", "minLength": 1}}}', data)));
insert into books values (1, '{"title": "x"}');
update books set data = galley_docs.merge_patch(data, '{"year": 1}') returning data;
insert into books values (2, '{"title": ""}')

-- tx: rollback
create table books (id integer primary key, data jsonb not null, constraint books_schema check (galley_docs.valid('{"required": ["title"]}', data)));
insert into books values (1, '{"title": "x"}');
update books set data = galley_docs.merge_patch(data, '{"title": null}')

-- tx: rollback
create table books (id integer primary key, data jsonb not null);
insert into books values (1, '{"title": 7}');
alter table books add constraint books_schema check (galley_docs.valid('{"properties": {"title": {"type": "string"}}}', data))
